"""Events of official groups in plain words: who came and went, who asks, what became of what we asked for.

One element may say several things: eight people who left are eight events, and one for the request that took them out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal

from waconsole.whatsapp.events import Event, GroupMemberChanged, JoinRequested, Sender, Unplaced
from waconsole.whatsapp.events_standing import Failure, GroupChanged
from waconsole.whatsapp.placing_parts import Placed, anybody, at_of
from waconsole.whatsapp.shapes import ErrorShape
from waconsole.whatsapp.shapes_groups import GroupShape, ParticipantShape, SettingShape

Kind = Literal["created", "ended", "settings", "suspended", "restored", "removal"]
Asks = Literal["created", "revoked"]

_ADD: Final = "group_participants_add"
_REMOVE: Final = "group_participants_remove"
_KINDS: Final[Mapping[str, Kind]] = {
    "group_create": "created", "group_delete": "ended", "group_settings_update": "settings",
    "group_suspend": "suspended", "group_suspend_cleared": "restored", _REMOVE: "removal",
}  # fmt: skip
_ASKS: Final[Mapping[str, Asks]] = {
    "group_join_request_created": "created",
    "group_join_request_revoked": "revoked",
}
_APPROVAL: Final[Mapping[str, Literal["auto", "required"]]] = {
    "auto_approve": "auto",
    "approval_required": "required",
}


def group_items(element: dict[str, Any], value: Mapping[str, Any], field: str) -> list[Placed]:
    """Everything one of `groups` says; `value` is the change it stands in. Raises ValueError."""
    shape = GroupShape.model_validate(element)
    is_failed_birth = shape.kind == "group_create" and shape.request_id and shape.errors
    if not shape.type or not (shape.group_id or is_failed_birth):
        raise ValueError("the group event names no group or says nothing of it.")
    people = [*shape.added_participants, *shape.removed_participants]
    told = shape.request_id or shape.join_request_id or ",".join(sorted(one.id for one in people))
    key = (shape.group_id, shape.kind, told, str(shape.timestamp))
    placed = [Placed((*key, who), event) for who, event in _moves(shape, value)]
    rest = _rest(shape, field, has_moves=bool(placed))
    if rest is not None:
        placed.append(Placed(key, rest))
    return placed


def _rest(shape: GroupShape, field: str, *, has_moves: bool) -> Event | None:
    """What an element says beside who came and went."""
    if shape.kind in _ASKS:
        return _asks(shape, _ASKS[shape.kind])
    is_result = bool(shape.request_id or shape.failed_participants or shape.errors)
    if shape.kind in _KINDS and (shape.kind != _REMOVE or is_result):
        return _changed(shape, _KINDS[shape.kind])
    if has_moves and not shape.failed_participants and not shape.errors:
        return None
    return Unplaced(field, shape.type)


def _moves(shape: GroupShape, value: Mapping[str, Any]) -> Iterator[tuple[str, GroupMemberChanged]]:
    if not shape.added_participants and not shape.removed_participants:
        return
    by = value.get("initiated_by")
    reason = shape.reason or shape.initiated_by or (by if isinstance(by, str) else "")
    at = at_of(shape.timestamp)
    for who in shape.added_participants:
        yield who.id, GroupMemberChanged(shape.group_id, _participant(who), "joined", reason, at)
    for who in shape.removed_participants:
        yield who.id, GroupMemberChanged(shape.group_id, _participant(who), "left", reason, at)


def _asks(shape: GroupShape, kind: Asks) -> JoinRequested:
    if not shape.join_request_id:
        raise ValueError("the join request has no id.")
    sender = anybody(shape.wa_id, shape.user_id, username=shape.username)
    if sender is None:
        raise ValueError("the join request does not say who asks.")
    return JoinRequested(
        shape.group_id, shape.join_request_id, sender, kind, shape.reason, at_of(shape.timestamp)
    )


def _changed(shape: GroupShape, kind: Kind) -> GroupChanged:
    error = shape.errors[0] if shape.errors else None
    settings = _settings(shape) if kind == "settings" else {}
    failed = [_failure(one.id, one.errors) for one in shape.failed_participants]
    failed += [_failure(name, one.errors) for name, one in settings.items() if not one.update_successful]
    good = {name: one.text for name, one in settings.items() if one.update_successful}
    made = kind == "created" and error is None
    done = len(shape.removed_participants) if kind == "removal" else len(good)
    return GroupChanged(
        shape.group_id,
        kind,
        at_of(shape.timestamp),
        shape.request_id or None,
        subject=shape.subject if made else good.get("group_subject"),
        description=shape.description if made else good.get("group_description"),
        approval=_APPROVAL.get(shape.join_approval_mode),
        invite_link=shape.invite_link or None,
        done=done,
        failed=tuple(failed),
        code=error.code if error else None,
        detail=error.detail if error else "",
    )


def _settings(shape: GroupShape) -> dict[str, SettingShape]:
    parts = {
        "profile_picture": shape.profile_picture,
        "group_subject": shape.group_subject,
        "group_description": shape.group_description,
    }
    return {name: part for name, part in parts.items() if part is not None}


def _failure(who: str, errors: list[ErrorShape]) -> Failure:
    first = errors[0] if errors else None
    return Failure(who, first.code if first else None, first.detail if first else "")


def _participant(who: ParticipantShape) -> Sender:
    given = who.wa_id or ("" if who.user_id and "." in who.input else who.input)
    found = anybody(given, who.user_id, username=who.username)
    if found is None:
        raise ValueError("a participant of the group event is not named.")
    return found
