"""What every sheet of Excel that staff work from has in common."""

HEAD = {"bold": True, "font_color": "white", "bg_color": "#1F4E79", "align": "center", "valign": "vcenter"}
"""How headings look."""

INSIDE = {
    "en": "Internal: personal data of customers, must not leave the bank",
    "zh": "内部资料,含客户个人信息,严禁外传",
}
"""What is printed below each page."""
