"""PDF from a typst template and facts: nothing of the facts is ever read as markup.

A template reads `json(bytes(sys.inputs.facts))`. Fonts are the project's own, with Latvian letters, so that a page
looks alike on every machine; what they lack (arrows) comes from those inside typst.
"""

import json
from pathlib import Path

import typst
from django.conf import settings

FONTS = Path(settings.BASE_DIR) / "static" / "fonts"


def pdf(template: Path, facts: dict) -> bytes:
    """The document; `facts` is plain values that JSON knows."""
    return typst.compile(
        str(template),
        root=str(template.parent),
        font_paths=[str(FONTS)],
        ignore_system_fonts=True,
        format="pdf",
        sys_inputs={"facts": json.dumps(facts, ensure_ascii=False)},
    )
