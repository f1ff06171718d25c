"""Texts that are made to be shown as something else."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QMessageBox, QWidget


def payloads() -> list[str]:
    """At least two hundred."""
    tags = [
        "b",
        "i",
        "h1",
        "p",
        "table",
        "tr",
        "td",
        "pre",
        "font",
        "center",
        "u",
        "s",
        "hr",
        "ul",
        "li",
        "div",
        "span",
        "body",
        "html",
        "marquee",
        "blink",
        "video",
        "head",
        "title",
        "style",
        "script",
        "iframe",
        "object",
        "embed",
        "form",
        "input",
        "a",
        "br",
    ]
    found = [f"<{tag}>x" for tag in tags] + [f"<{tag} style='font-size:900px'>x</{tag}>" for tag in tags]
    found += [f"</{tag}><{tag}>" for tag in tags[:10]]
    sources = [
        "file:///etc/passwd",
        "file:///usr/share/pixmaps/x.png",
        "http://127.0.0.1:9/x.png",
        "data:image/png;base64,AA",
        "qrc:/x",
        "//host/share/x.png",
        "\\\\host\\share\\x.png",
        "/etc/passwd",
        "javascript:alert(1)",
        "smb://h/x",
    ]
    found += [f"<img src='{one}'>" for one in sources] + [f"<a href='{one}'>click</a>" for one in sources]
    found += [f'<img src="{one}" width=10000 height=10000>' for one in sources]
    found += [
        "&lt;b&gt;x",
        "&#60;b&#62;x",
        "&#x3c;b&#x3e;",
        "<!-- x -->",
        "<![CDATA[x]]>",
        "<?xml x?>",
        "<b",
        "b>",
        "<>",
        "< b >",
    ]
    found += [f"a{chr(code)}b" for code in [*range(1, 9), 0xB, 0xC, *range(0xE, 0x20), 0x7F, *range(0x80, 0xA0)]]
    found += [
        f"a{chr(code)}gnp.exe" for code in (0x61C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
    ]
    found += [
        "\x1b[31mred",
        "\x1b]0;title\x07",
        "\x1b]8;;http://x\x1b\\y",
        "\x1b]52;c;AAAA\x07",
        "\x1b[2J",
        "\x9b31m",
        "a\rb",
        "a\nb",
        "a\r\nAccept? [y/N]",
        "\x08\x08\x08",
        "\x07" * 50,
        "%s%n",
        "{0}{1}",
        "{name}",
        "%1 %2 %L1",
    ]
    return found

PAYLOADS = payloads()


def labels_are_plain(widget: QWidget) -> None:
    """No label guesses, and what is rich holds no markup but our links."""
    for label in widget.findChildren(QLabel):
        assert label.textFormat() is not Qt.TextFormat.AutoText, label.text()
        if label.textFormat() is Qt.TextFormat.RichText:
            bare = label.text().replace("</a>", "").replace("</p>", "")
            assert bare.count("<") == bare.count('<a href="http') + bare.count("<p style="), label.text()
    assert not widget.findChildren(QMessageBox)
