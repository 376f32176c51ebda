"""The errors of files. A refused file leaves nothing behind."""

from http import HTTPStatus

from chatrooms.attachments.content.refused import Reason
from config.http.problems import NotFound, Problem


class FileNotFound(NotFound):
    """There is no such file, or it belongs to another account, or its message was deleted."""

    detail = "No such file."


class LinkInvalid(Problem):
    """The signature in the URL was not issued here, or is older than five minutes."""

    status = HTTPStatus.UNAUTHORIZED
    code = "link_invalid"
    title = "The link is not valid"
    detail = "Get the file again; its url has a new signature."


class FileTooLarge(Problem):
    """The file has more bytes than the tier allows."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    code = "file_too_large"
    title = "The file is too large"


class FileSpaceUsedUp(Problem):
    """The user's files would take more bytes together than the tier allows."""

    status = HTTPStatus.CONFLICT
    code = "file_space_used_up"
    title = "Your files take all of your space"
    detail = "Delete messages with files, or files that no message has."


class FileAttached(Problem):
    """The file is part of a message, and goes with it."""

    status = HTTPStatus.CONFLICT
    code = "file_attached"
    title = "The file belongs to a message"
    detail = "It is deleted together with its message."


class FileUnavailable(Problem):
    """One of a message's files is not the user's, does not exist, or belongs to a message already."""

    status = HTTPStatus.CONFLICT
    code = "file_unavailable"
    title = "One of the files cannot be attached"
    detail = "Each has to be a file of yours that no message has yet."


class TooManyFiles(Problem):
    """The message has more files than the tier allows."""

    code = "too_many_files"
    title = "Too many files"


class FilesTooLong(Problem):
    """The message's files have more for the model to read than the tier's context holds."""

    status = HTTPStatus.CONFLICT
    code = "files_too_long"
    title = "The files are too long for your tier"


class UploadsBusy(Problem):
    """The process receives as many uploads as it can."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    code = "uploads_busy"
    title = "Too many uploads at the moment"


class UploadTooSlow(Problem):
    """The upload did not end in time."""

    status = HTTPStatus.REQUEST_TIMEOUT
    code = "upload_too_slow"
    title = "The upload took too long"


class DirectUploadUnavailable(Problem):
    """The files are in a folder, to which no client can write."""

    status = HTTPStatus.CONFLICT
    code = "direct_upload_unavailable"
    title = "This installation takes no direct uploads"
    detail = "Send the file with POST /files."


class UploadMissing(Problem):
    """Nothing is at the address to which the client was to send the file."""

    status = HTTPStatus.CONFLICT
    code = "upload_missing"
    title = "The file was not uploaded yet"
    detail = "Send it to its upload_url first. Without a file, the upload is deleted after an hour."


class UploadInProgress(Problem):
    """Another request completes the same upload, or was interrupted while it did."""

    status = HTTPStatus.CONFLICT
    code = "upload_in_progress"
    title = "The upload is being completed"


class StorageUnavailable(Problem):
    """The storage of the files does not answer."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    code = "file_storage_unavailable"
    title = "Files are not available at the moment"


class ScannerUnavailable(Problem):
    """The virus scanner does not answer, and no file is taken without it."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    code = "file_scanner_unavailable"
    title = "Files cannot be checked at the moment"


class FileRefused(Problem):
    """What the file contains is the reason."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY


class FileInfected(FileRefused):
    """The virus scanner knows it."""

    code = "file_infected"
    title = "The virus scanner refused the file"


class UploadSizeWrong(FileRefused):
    """It has not as many bytes as were said before it was uploaded directly."""

    code = "upload_size_wrong"
    title = "The file does not have the size that was reserved for it"


class FileEmpty(FileRefused):
    """There is nothing in it."""

    code = Reason.EMPTY
    title = "The file is empty"


class FileTypeNotAllowed(FileRefused):
    """Its content is of no accepted type, whatever its name says."""

    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    code = Reason.TYPE
    title = "Files of this type are not accepted"
    detail = "Send JPEG, PNG, WebP, HEIC, PDF, MP3, M4A, AAC, WAV, OGG, FLAC, or text in UTF-8."


class FileEndingWrong(FileRefused):
    """The ending of its name says another type than its content."""

    code = Reason.ENDING
    title = "The file's name does not fit its content"


class FileAmbiguous(FileRefused):
    """It is of two types at once, such as a picture that is an archive as well."""

    code = Reason.AMBIGUOUS
    title = "The file is of two types at once"


class FileDamaged(FileRefused):
    """It could not be read to its end."""

    code = Reason.DAMAGED
    title = "The file is damaged"


class FileEncrypted(FileRefused):
    """It cannot be read without a password."""

    code = Reason.ENCRYPTED
    title = "The file is encrypted"


class FileActive(FileRefused):
    """A PDF with a script, a file inside, or an action that starts a program or sends a form."""

    code = Reason.ACTIVE
    title = "The document does more than show its pages"
    detail = "Print it to a new PDF, without scripts and attachments."


class FileTooManyPixels(FileRefused):
    """A picture of more than 50 megapixels."""

    code = Reason.PIXELS
    title = "The picture has too many pixels"


class FileTooLong(FileRefused):
    """A document of more than 1000 pages, or audio of more than nine and a half hours."""

    code = Reason.LENGTH
    title = "The file is too long"


class FileTooComplex(FileRefused):
    """To read it took too much time or memory."""

    code = Reason.COMPLEX
    title = "The file is too complex"


REFUSALS = {kind.code: kind for kind in FileRefused.__subclasses__()}
"""By the code that the inspection gives."""
