"""The paths of templates: list, hand in, edit, delete; and the word about them, by webhook."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from waconsole.whatsapp.sandbox.asgi import Asked
from waconsole.whatsapp.sandbox.codes import GraphError
from waconsole.whatsapp.sandbox.fields import BAD
from waconsole.whatsapp.sandbox.paging import page
from waconsole.whatsapp.sandbox.teller import Teller
from waconsole.whatsapp.sandbox.template_forms import read_components
from waconsole.whatsapp.sandbox.templates import CATEGORIES, NAME, TEMPLATES_MAX, Template
from waconsole.whatsapp.sandbox.timeline import Timeline
from waconsole.whatsapp.sandbox.world import World

PAGE_MAX: Final = 1000
EDITABLE: Final = ("APPROVED", "REJECTED", "PAUSED")
TAKEN: Final = 2388024  # the subcode of a name that a language has already


class TemplatePaths:
    """Templates of the one account."""

    def __init__(self, world: World, teller: Teller, timeline: Timeline) -> None:
        """What becomes of a template is told by the teller, in its time."""
        self._world = world
        self._teller = teller
        self._timeline = timeline

    def answer(self, asked: Asked) -> Mapping[str, Any] | None:
        """What a path of templates answers; None when it is none. Raises GraphError."""
        if asked.node == self._world.account.waba_id and asked.edge == "message_templates":
            act = {"GET": self._list, "POST": self._create, "DELETE": self._delete}.get(asked.method)
            return act(asked) if act else None
        template = self._world.templates.by_id(asked.node) if not asked.edge else None
        if template is None:
            return None
        if asked.method == "GET":
            return _shown(template, asked)
        return self._edit(template, asked) if asked.method == "POST" else None

    def _list(self, asked: Asked) -> Mapping[str, Any]:
        wanted = {key: asked.first(key) for key in ("name", "language", "status", "category")}
        found = []
        for one in self._world.templates:
            document = one.document()
            if all(not value or str(document[key]).upper() == value.upper() for key, value in wanted.items()):
                found.append(one)
        rows, paging = page(asked, found, lambda one: one.id, most=PAGE_MAX, clamps=True)
        return {"data": [_shown(one, asked) for one in rows], "paging": paging}

    def _create(self, asked: Asked) -> Mapping[str, Any]:
        request = asked.document()
        request.only(
            "name", "language", "category", "components", "parameter_format", "allow_category_change",
            "message_send_ttl_seconds",
        )  # fmt: skip
        name = request.text("name", longest=512)
        if not NAME.fullmatch(name):
            raise GraphError(BAD, "Param name has only small letters, digits and underscores.")
        language = request.text("language", longest=15)
        category = request.word("category", *CATEGORIES)
        named = request.word("parameter_format", "POSITIONAL", "NAMED", "positional", "named", required=False)
        is_named = named.upper() == "NAMED"
        components = read_components(request, is_named=is_named)
        book = self._world.templates
        if book.find(name, language) is not None:
            raise GraphError(BAD, f"There is already a template {name} in {language}.", subcode=TAKEN)
        if len(book) >= TEMPLATES_MAX:
            raise GraphError(BAD, f"The account has {TEMPLATES_MAX} templates: delete some first.")
        template = book.add(name, language, category, components, named=is_named)
        self._hand_in(template)
        return {"id": template.id, "status": template.status, "category": template.category}

    def _edit(self, template: Template, asked: Asked) -> Mapping[str, Any]:
        request = asked.document()
        request.only(
            "name", "language", "category", "components", "parameter_format", "message_send_ttl_seconds"
        )
        if template.status not in EDITABLE:
            raise GraphError(BAD, f"A template that is {template.status} cannot be edited.")
        if "category" in request:
            category = request.word("category", *CATEGORIES)
            if template.status == "APPROVED" and category != template.category:
                raise GraphError(BAD, "The category of an approved template cannot be changed.")
            template.category = category
        if "components" in request:
            template.components = read_components(request, is_named=template.named)
        self._hand_in(template)
        return {"success": True, "id": template.id}

    def _delete(self, asked: Asked) -> Mapping[str, Any]:
        name, template_id = asked.first("name"), asked.first("hsm_id")
        if not name:
            raise GraphError(BAD, "The parameter name is required.")
        found = [one for one in self._world.templates.named(name) if template_id in ("", one.id)]
        if not found:
            raise GraphError(BAD, f"There is no template {name}.")
        for one in found:
            self._world.templates.delete(one)
        return {"success": True}

    def _hand_in(self, template: Template) -> None:
        template.status = "PENDING"
        template.reviews += 1
        dials = self._world.faults.dials
        if dials.template_verdict != "PENDING":
            word = partial(self._verdict, template, template.reviews, dials.template_verdict)
            self._timeline.after(dials.template_review_seconds, word)

    def _verdict(self, template: Template, review: int, verdict: str) -> None:
        is_here = self._world.templates.by_id(template.id) is template
        if is_here and template.reviews == review and template.status == "PENDING":
            self.change(template, status=verdict)

    def change(
        self, template: Template, *, status: str = "", category: str = "", quality: str = "", reason: str = ""
    ) -> None:
        """WhatsApp changes a template and tells: what is empty stays as it is."""
        about: dict[str, Any] = {
            "message_template_id": int(template.id),
            "message_template_name": template.name,
            "message_template_language": template.language,
        }
        if category and category != template.category:
            template.previous_category, template.category = template.category, category
            changed = {"previous_category": template.previous_category, "new_category": category}
            self._teller.value("template_category_update", about | changed)
        if quality and quality != template.quality:
            scores = {"previous_quality_score": template.quality, "new_quality_score": quality}
            template.quality = quality
            self._teller.value("message_template_quality_update", about | scores)
        if status:
            template.status = status
            template.reason = reason or ("INVALID_FORMAT" if status == "REJECTED" else "NONE")
            self._teller.value("message_template_status_update", _status_update(template, about))


def _status_update(template: Template, about: Mapping[str, Any]) -> dict[str, Any]:
    value = {
        "event": template.status,
        **about,
        "message_template_category": template.category,
        "reason": template.reason,
    }
    if template.status == "PAUSED":
        value["other_info"] = {"title": "FIRST_PAUSE", "description": "The quality of the template is low."}
    if template.status == "REJECTED":
        said = "The template does not keep to the rules."
        value["rejection_info"] = {"reason": said, "recommendation": "Change its words and hand it in again."}
    if template.status == "DISABLED":
        value["disable_info"] = {"disable_date": "now"}
    return value


def _shown(template: Template, asked: Asked) -> dict[str, Any]:
    document = template.document()
    wanted = [one for part in asked.query.get("fields", []) for one in part.split(",") if one]
    for one in wanted:
        if one not in document and one != "previous_category":
            raise GraphError(BAD, f"Tried accessing nonexisting field ({one}).")
    if not wanted:
        return document
    return {one: document[one] for one in dict.fromkeys([*wanted, "id"]) if one in document}
