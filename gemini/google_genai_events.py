"""The events of google-genai, read into ours."""

from collections.abc import Iterator

from google.genai import types

from gemini.google_parts import DROPPED, is_blocked
from gemini.types import Chunk, Page, PartKind, Piece, Reference, Span, Support, Usage

# Names the tier that served the call: another one than was asked for, if Google lowered it. The SDK drops the body's.
SERVICE_TIER = "x-gemini-service-tier"


def chunk_of(response: types.GenerateContentResponse) -> Chunk:
    candidate = response.candidates[0] if response.candidates else types.Candidate()
    parts = (candidate.content and candidate.content.parts) or []
    feedback = response.prompt_feedback
    grounding = candidate.grounding_metadata or types.GroundingMetadata()
    entry_point = grounding.search_entry_point
    return Chunk(
        pieces=tuple(piece for part in parts if (piece := _piece(part))),
        finish_reason=candidate.finish_reason.value if candidate.finish_reason else "",
        prompt_blocked=is_blocked(
            has_feedback=feedback is not None,
            reason=feedback.block_reason.value if feedback and feedback.block_reason else "",
            has_candidates=bool(response.candidates),
        ),
        usage=_usage(response.usage_metadata),
        model=response.model_version or "",
        response_id=response.response_id or "",
        service_tier=_header(response, SERVICE_TIER),
        pages=tuple(_page(chunk) for chunk in grounding.grounding_chunks or []),
        supports=tuple(_support(support) for support in grounding.grounding_supports or []),
        citations=tuple(_citations(candidate.citation_metadata)),
        search_suggestions=(entry_point and entry_point.rendered_content) or "",
        dropped=tuple(kind for part in parts if (kind := _dropped_kind(part))),
    )


def _header(response: types.GenerateContentResponse, name: str) -> str:
    http = response.sdk_http_response
    return (http and http.headers and http.headers.get(name)) or ""


def _piece(part: types.Part) -> Piece | None:
    if part.text:
        return Piece(kind=PartKind.THOUGHT if part.thought else PartKind.TEXT, text=part.text)
    if part.executable_code and part.executable_code.code:
        return Piece(kind=PartKind.CODE, text=part.executable_code.code)
    if part.code_execution_result and part.code_execution_result.output:
        return Piece(kind=PartKind.CODE_RESULT, text=part.code_execution_result.output)
    return None


def _dropped_kind(part: types.Part) -> str:
    """What a part holds that a reply has no place for, such as a picture; empty if there is nothing of the kind.

    The signature of a thought serves calls of functions, which a chat does not make.
    """
    held = part.model_fields_set - {name for name in type(part).model_fields if getattr(part, name) is None}
    return min(held & DROPPED, default="")


def _page(chunk: types.GroundingChunk) -> Page:
    web = chunk.web or types.GroundingChunkWeb()
    return Page(url=web.uri or "", title=web.title or web.domain or "")


def _support(support: types.GroundingSupport) -> Support:
    segment = support.segment or types.Segment()
    span = Span(start=segment.start_index or 0, end=segment.end_index or 0, text=segment.text or "")
    return Support(span=span, pages=tuple(support.grounding_chunk_indices or ()))


def _citations(metadata: types.CitationMetadata | None) -> Iterator[Reference]:
    for citation in (metadata and metadata.citations) or []:
        span = Span(start=citation.start_index or 0, end=citation.end_index or 0)
        yield Reference(page=Page(url=citation.uri or "", title=citation.title or ""), spans=(span,))


def _usage(metadata: types.GenerateContentResponseUsageMetadata | None) -> Usage | None:
    if metadata is None:
        return None
    text, thoughts = metadata.candidates_token_count, metadata.thoughts_token_count
    return Usage(
        prompt_tokens=metadata.prompt_token_count,
        output_tokens=None if text is None else text + (thoughts or 0),
        cached_tokens=metadata.cached_content_token_count,
        tool_tokens=metadata.tool_use_prompt_token_count,
        thought_tokens=thoughts,
    )
