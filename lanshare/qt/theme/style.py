"""Tokens and the system's letters -> palette and style sheet.

Never infers dark or light from a palette: the setting or the system says. All sizes come from the system's font.
"""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QFontInfo, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from lanshare.domain.settings import Appearance
from lanshare.qt.theme.tokens import DARK, LIGHT, Tokens

_current: list[Tokens] = [LIGHT]
_font: list[QFont] = []
"""The system's font that the sizes in force were taken from."""

_USUAL: Final = 12
"""Pixels of the letters (9 pt at 96 dpi) for which all sizes in this package are given."""


def tokens() -> Tokens:
    """The appearance in force."""
    return _current[0]


def em(length: float) -> int:
    """A length in pixels that is `length` with letters of the usual size, and grows and shrinks with the system's."""
    return max(1, round(length * QFontInfo(_letters()).pixelSize() / _USUAL))


def letters(size: float) -> float:
    """A size of letters, in points, that is `size` pixels where the system's are usual, and grows with the system's."""
    return float(QFontInfo(_letters()).pointSizeF() * size / _USUAL)


def font_of(size: float, base: QFont | None = None) -> QFont:
    """A font in letters(size); of the system's family unless a base is given."""
    found = QFont(_letters() if base is None else base)
    found.setPointSizeF(letters(size))
    return found


def fits(appearance: Appearance) -> bool:
    """Whether what is worn is of this appearance and of the system's font as it is now."""
    return chosen(appearance) is tokens() and bool(_font) and _font[0] == QApplication.font()


def _letters() -> QFont:
    return _font[0] if _font else QApplication.font()


def chosen(appearance: Appearance) -> Tokens:
    """What a setting means now; a system that does not say is light."""
    if appearance is Appearance.SYSTEM:
        dark = QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark
        return DARK if dark else LIGHT
    return DARK if appearance is Appearance.DARK else LIGHT


def apply_theme(app: QApplication, appearance: Appearance) -> None:
    """Put an appearance on the whole application."""
    look = chosen(appearance)
    _current[0] = look
    _font[:] = [QFont(QApplication.font())]
    app.setStyle("Fusion")
    app.setPalette(_palette(look))
    app.setStyleSheet(sheet(look))


def _palette(look: Tokens) -> QPalette:
    palette = QPalette()
    roles = QPalette.ColorRole
    for role, colour in (
        (roles.Window, look.ground),
        (roles.WindowText, look.text),
        (roles.Base, look.raised),
        (roles.AlternateBase, look.side),
        (roles.Text, look.text),
        (roles.Button, look.raised),
        (roles.ButtonText, look.text),
        (roles.ToolTipBase, look.raised),
        (roles.ToolTipText, look.text),
        (roles.PlaceholderText, look.dim),
        (roles.Highlight, look.accent),
        (roles.HighlightedText, look.accent_text),
        (roles.Link, look.accent_ink),
    ):
        palette.setColor(role, QColor(colour))
    for role in (roles.Text, roles.WindowText, roles.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(look.away))
    return palette


def sheet(look: Tokens) -> str:
    """The style sheet of an appearance."""
    return "".join(part(look) for part in (_words, _fields, _buttons, _talk, _rest))


def _words(look: Tokens) -> str:
    """The panes, and what is written on them."""
    return f"""
* {{ outline: none; }}
QWidget#sidebar {{ background: {look.side}; border-right: 1px solid {look.line}; }}
QWidget#pane, QWidget#timeline, QScrollArea#scroll {{ background: {look.ground}; border: none; }}
QWidget#head {{ background: {look.ground}; border-bottom: 1px solid {look.line}; }}
QWidget#foot {{ background: {look.side}; border-top: 1px solid {look.line}; }}
QLabel {{ color: {look.text}; background: transparent; }}
QLabel[role="title"] {{ font-size: {letters(16):.2f}pt; font-weight: 600; }}
QLabel[role="big"] {{ font-size: {letters(19):.2f}pt; font-weight: 600; }}
QLabel[role="code"] {{ font-size: {letters(40):.2f}pt; font-weight: 700; letter-spacing: 4px; }}
QLabel[role="name"] {{ font-size: {letters(14):.2f}pt; font-weight: 600; }}
QLabel[role="dim"] {{ color: {look.dim}; font-size: {letters(12):.2f}pt; }}
QLabel[role="section"] {{ color: {look.dim}; font-size: {letters(11):.2f}pt; font-weight: 700; }}
QLabel[role="bad"] {{ color: {look.bad}; font-size: {letters(12):.2f}pt; }}
QLabel[role="warn"] {{ color: {look.warn}; font-size: {letters(12):.2f}pt; }}
QLabel[role="good"] {{ color: {look.good}; font-size: {letters(12):.2f}pt; }}
QLabel[role="percent"] {{ color: {look.accent_ink}; font-size: {letters(12):.2f}pt; font-weight: 700; }}
QLabel[role="day"] {{ color: {look.dim}; font-size: {letters(12):.2f}pt; font-weight: 600; }}
"""


def _fields(look: Tokens) -> str:
    """What is filled in and chosen from."""
    return f"""
QComboBox {{ background: {look.raised}; color: {look.text}; border: 1px solid {look.line}; border-radius: 9px;
    padding: 6px 10px; }}
QComboBox:focus {{ border: 1px solid {look.accent}; }}
QComboBox::drop-down {{ border: none; width: {em(22)}px; }}
QLineEdit {{ background: {look.raised}; color: {look.text}; border: 1px solid {look.line}; border-radius: 9px;
  padding: 7px 10px; selection-background-color: {look.accent}; selection-color: {look.accent_text}; }}
QAbstractSpinBox {{ background: {look.raised}; color: {look.text}; border: 1px solid {look.line};
  border-radius: 9px; padding: 6px 10px; }}
QAbstractSpinBox:focus {{ border: 1px solid {look.accent}; }}
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {{ width: 0; border: none; }}
QLineEdit:focus {{ border: 1px solid {look.accent}; }}
QListView {{ background: transparent; border: none; }}
QListWidget {{ background: {look.raised}; border: 1px solid {look.line}; border-radius: 9px; color: {look.text}; }}
QListWidget:focus {{ border: 1px solid {look.accent}; }}
QListWidget::item {{ padding: 8px 10px; border-bottom: 1px solid {look.line}; color: {look.text}; }}
QListWidget::item:hover {{ background: {look.hover}; }}
QListWidget::item:selected {{ background: {look.selected}; color: {look.text}; }}
QListWidget::indicator {{ width: {em(15)}px; height: {em(15)}px; border: 1px solid {look.away}; border-radius: 4px;
  background: {look.raised}; }}
QListWidget::indicator:checked {{ background: {look.accent}; border: 1px solid {look.accent}; }}
"""


def _buttons(look: Tokens) -> str:
    """What is pressed."""
    return f"""
QPushButton {{ background: {look.raised}; color: {look.text}; border: 1px solid {look.line}; border-radius: 8px;
  padding: 7px 14px; font-weight: 600; }}
QPushButton:hover {{ background: {look.hover}; }}
QPushButton:focus {{ border: 2px solid {look.accent}; padding: 6px 13px; }}
QPushButton[kind="main"] {{ background: {look.accent}; color: {look.accent_text}; border: 1px solid {look.accent}; }}
QPushButton[kind="main"]:hover {{ background: {look.accent_ink}; }}
QPushButton[kind="main"]:focus {{ border: 2px solid {look.text}; }}
QToolButton {{ background: transparent; border: 2px solid transparent; border-radius: 8px; padding: 5px; }}
QToolButton:hover {{ background: {look.hover}; }}
QToolButton:focus {{ border: 2px solid {look.accent}; }}
QToolButton::menu-indicator {{ image: none; }}
QToolButton#down {{ background: {look.raised}; border: 1px solid {look.line}; border-radius: 16px; padding: 7px;
                    min-width: {em(16)}px; color: {look.accent_ink}; font-weight: 600; }}
QToolButton#down:hover {{ background: {look.hover}; }}
QToolButton#down:focus {{ border: 2px solid {look.accent}; padding: 6px; }}
QToolButton[kind="main"] {{ background: {look.accent}; border-radius: 10px; }}
QToolButton[kind="main"]:disabled {{ background: {look.track}; }}
"""


def _talk(look: Tokens) -> str:
    """Messages, cards and what is told above them."""
    return f"""
QFrame#composer {{ background: {look.raised}; border: 1px solid {look.line}; border-radius: 14px; }}
QPlainTextEdit {{ background: transparent; border: none; color: {look.text};
  selection-background-color: {look.accent}; selection-color: {look.accent_text}; }}
QFrame#card {{ background: {look.raised}; border: 1px solid {look.line}; border-radius: 12px; }}
QFrame#card[tone="bad"] {{ border: 1px solid {look.bad}; }}
QFrame#card[tone="warn"] {{ border: 1px solid {look.warn}; }}
QFrame#bubble[side="in"] {{ background: {look.bubble_in}; border-radius: 12px; }}
QFrame#bubble[side="out"] {{ background: {look.bubble_out}; border-radius: 12px; }}
QFrame#bubble[side="out"] QLabel {{ color: {look.bubble_out_text}; }}
QFrame#bubble[side="in"] QLabel[role="time"] {{ color: {look.dim}; font-size: {letters(11):.2f}pt; }}
QFrame#bubble[side="out"] QLabel[role="time"] {{ color: {look.bubble_out_dim}; font-size: {letters(11):.2f}pt; }}
QLabel[role="signs"] {{ background: {look.raised}; border: 1px solid {look.line}; border-radius: 10px; padding: 1px 8px;
  font-size: {letters(13):.2f}pt; }}
QFrame#quote {{ background: transparent; border: none; border-left: 3px solid {look.accent_ink}; }}
QFrame#quote[side="out"] {{ border-left: 3px solid {look.bubble_out_text}; }}
QFrame#bubble QLabel[role="quoted"] {{ font-size: {letters(12):.2f}pt; font-weight: 600; }}
QFrame#bubble QPushButton[kind="quiet"], QFrame#card QPushButton[kind="quiet"] {{
  background: transparent; border: none; padding: 2px 0; text-align: left;
  color: {look.accent_ink}; font-weight: 600; }}
QFrame#bubble[side="out"] QPushButton[kind="quiet"] {{ color: {look.bubble_out_text}; }}
QFrame#ring {{ background: transparent; border: 2px solid {look.accent}; border-radius: 14px; }}
QFrame#strip {{ background: {look.side}; border: none; border-left: 3px solid {look.accent}; border-radius: 6px; }}
QFrame#notice {{ background: {look.warn_ground}; border: none; border-bottom: 1px solid {look.line}; }}
QFrame#notice QLabel {{ color: {look.text}; }}
QFrame#notice[tone="bad"] {{ background: {look.bad_ground}; }}
QFrame#notice[tone="calm"] {{ background: {look.selected}; }}
"""


def _rest(look: Tokens) -> str:
    """Progress, scroll bars, menus and boxes."""
    return f"""
QProgressBar {{ background: {look.track}; border: none; border-radius: 3px;
  max-height: {em(6)}px; min-height: {em(6)}px; }}
QProgressBar::chunk {{ background: {look.accent}; border-radius: 3px; }}
QScrollBar:vertical {{ background: transparent; width: {em(10)}px; margin: 2px; }}
QScrollBar::handle:vertical {{ background: {look.line}; border-radius: 3px; min-height: 32px; }}
QScrollBar::handle:vertical:hover {{ background: {look.away}; }}
QScrollBar::add-line, QScrollBar::sub-line {{ background: none; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: none; }}
QToolTip {{ background: {look.raised}; color: {look.text}; border: 1px solid {look.line}; padding: 4px; }}
QMenu {{ background: {look.raised}; color: {look.text}; border: 1px solid {look.line}; padding: 4px; }}
QMenu::item {{ padding: 6px 18px; border-radius: 6px; }}
QMenu::item:selected {{ background: {look.selected}; }}
QDialog {{ background: {look.ground}; }}
QCheckBox {{ color: {look.text}; spacing: 8px; }}
QCheckBox:focus {{ color: {look.accent_ink}; }}
QCheckBox::indicator {{ width: {em(14)}px; height: {em(14)}px; border: 1px solid {look.dim}; border-radius: 4px; }}
QCheckBox::indicator:checked {{ background: {look.accent}; border: 1px solid {look.accent}; }}
QCheckBox::indicator:disabled {{ border: 1px solid {look.line}; }}
"""
