"""The `format` block of the settings."""

from darwinflow.document.formatting.style import HOUSE_STYLE, Style
from darwinflow.settings.workspace import parse


def test_the_style_of_the_house_holds_where_nothing_is_said() -> None:
    assert parse(None, "w").style == parse("project: x\n", "w").style == HOUSE_STYLE


def test_lists_and_the_order_of_keys_can_be_chosen() -> None:
    settings = parse(
        "format:\n  lists: flush\n  order: {workflow: [id, nodes], node: [id, type], edge: [from]}\n", "w"
    )
    assert settings.problems == ()
    assert settings.style == Style(
        indents_lists=False,
        key_order={(): ("id", "nodes"), ("nodes",): ("id", "type"), ("edges",): ("from",)},
    )


def test_what_does_not_fit_is_shown_at_its_place_and_does_not_count() -> None:
    settings = parse("format:\n  lists: deep\n  order: {nodes: [id], node: id}\n  width: 80\n", "w")
    assert [(one.span[:2], one.message) for one in settings.problems] == [
        ((1, 9), "'lists' must be 'indented' or 'flush', as they stand below their key"),
        ((2, 10), "'order' has no 'nodes'"),
        ((2, 29), "'node' must be a list of keys such as id, type, config"),
        ((3, 2), "'format' has no 'width'"),
    ]
    assert settings.style == HOUSE_STYLE
    assert [one.message for one in parse("format: {order: [id]}\n", "w").problems] == [
        "'order' must be a mapping"
    ]
