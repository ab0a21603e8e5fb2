"""What an act was done on, as SQL over `a`, an act: its conversation, and the name of its object."""

from __future__ import annotations

from typing import Final

CONVERSATION: Final = """
    CASE a.object_kind
         WHEN 'conversation' THEN a.object_id
         WHEN 'lease' THEN a.object_id
         WHEN 'work_item' THEN (SELECT conversation_id FROM visible_item WHERE id = a.object_id)
         WHEN 'message' THEN (SELECT conversation_id FROM visible_message WHERE id = a.object_id)
         WHEN 'note' THEN (SELECT conversation_id FROM note WHERE id = a.object_id)
         WHEN 'outgoing' THEN (SELECT conversation_id FROM outgoing WHERE id = a.object_id)
         WHEN 'task' THEN (SELECT g.conversation_id FROM task AS t JOIN outgoing AS g ON g.id = t.outgoing_id
                            WHERE t.id = a.object_id)
    END"""

# `{conversation}` stands for the name of that conversation.
NAME: Final = """
    CASE a.object_kind WHEN 'tag' THEN (SELECT name FROM visible_member WHERE id = a.object_id)
                       WHEN 'group' THEN (SELECT name FROM visible_group WHERE id = a.object_id)
                       WHEN 'group_request' THEN (SELECT g.name FROM group_request AS q JOIN visible_group AS g ON g.id = q.group_id
                                                   WHERE q.id = a.object_id)
                       WHEN 'join_request' THEN (SELECT g.name FROM join_request AS q JOIN visible_group AS g ON g.id = q.group_id
                                                  WHERE q.id = a.object_id)
                       WHEN 'template' THEN (SELECT name FROM template WHERE id = a.object_id)
                       WHEN 'pinned' THEN (SELECT name FROM visible_group WHERE id = a.object_id)
                       WHEN 'number' THEN (SELECT name FROM number WHERE id = a.object_id)
                       WHEN 'merge' THEN (SELECT m.name FROM merge AS g JOIN member AS m ON m.id = g.member_id
                                           WHERE g.id = a.object_id)
                       WHEN 'split' THEN (SELECT name FROM member WHERE id = a.object_id)
                       WHEN 'saved_view' THEN (SELECT name FROM saved_view WHERE id = a.object_id)
                       WHEN 'saved_reply' THEN (SELECT name FROM saved_reply WHERE id = a.object_id)
                       ELSE {conversation} END"""
