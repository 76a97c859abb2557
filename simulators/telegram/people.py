"""Who writes to a bot: everything a person can do in a chat, as the update Telegram makes of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from simulators.telegram.world import Bot, Shown, World, stamp

Update = dict[str, Any]
Wire = dict[str, Any]
THUMB = 90  # pixels of the small size of a picture


@dataclass
class Person:
    """Somebody with Telegram, in the private chat with one bot. Each act waits for the bot as one update."""

    world: World
    bot: Bot
    id: int
    first_name: str = "Ana"
    last_name: str = ""
    username: str = "ana"
    group: int = 0  # the id of a group they write in instead; it is negative
    last: Wire = field(default_factory=dict)

    @property
    def chat(self) -> int:
        """The chat's id: in a private one, the person's own."""
        return self.group or self.id

    # --- writing -----------------------------------------------------------------------------------------

    def writes(self, text: str, *, reply_to: Wire | Shown | None = None) -> Update:
        """A text."""
        return self._says({"text": text}, reply_to)

    def starts(self, payload: str = "") -> Update:
        """Open the chat with the button, or by t.me/<bot>?start=<payload>."""
        text = f"/start {payload}".strip()
        return self._says({"text": text, "entities": [{"type": "bot_command", "offset": 0, "length": 6}]})

    def sends_photo(self, data: bytes, caption: str = "", *, album: str = "") -> Update:
        """A picture, in a small and in its full size."""
        sizes = []
        for part, width in ((data[:64], THUMB), (data, 1280)):
            sizes.append(self._file(part, "photos", ".jpg") | {"width": width, "height": width * 3 // 4})
        content: Wire = {"photo": sizes}
        if album:
            content["media_group_id"] = album
        return self._says(content | _caption(caption))

    def sends_voice(self, data: bytes, *, seconds: int = 3) -> Update:
        """A voice note."""
        file = self._file(data, "voice", ".oga")
        return self._says({"voice": file | {"duration": seconds, "mime_type": "audio/ogg"}})

    def sends_audio(self, data: bytes, *, title: str = "Canción") -> Update:
        """A piece of music."""
        file = self._file(data, "music", ".mp3") | {"file_name": f"{title}.mp3"}
        return self._says({"audio": file | {"duration": 9, "mime_type": "audio/mpeg", "title": title}})

    def sends_video(self, data: bytes, caption: str = "") -> Update:
        """A video."""
        file = self._file(data, "videos", ".mp4") | {"width": 640, "height": 480, "duration": 4}
        return self._says({"video": file | {"mime_type": "video/mp4"}} | _caption(caption))

    def sends_video_note(self, data: bytes) -> Update:
        """A round video."""
        return self._says({"video_note": self._file(data, "video_notes", ".mp4") | {"length": 240, "duration": 4}})

    def sends_animation(self, data: bytes) -> Update:
        """A GIF, which Telegram also gives as a document."""
        file = self._file(data, "animations", ".mp4") | {"file_name": "giphy.mp4", "mime_type": "video/mp4"}
        return self._says({"animation": file | {"width": 10, "height": 10, "duration": 2}, "document": file})

    def sends_document(
        self, data: bytes, name: str = "comprobante.pdf", *, mime: str = "application/pdf", caption: str = ""
    ) -> Update:
        """A file."""
        suffix = "." + name.rpartition(".")[2]
        file = self._file(data, "documents", suffix) | {"file_name": name, "mime_type": mime}
        return self._says({"document": file} | _caption(caption))

    def sends_sticker(self, data: bytes, emoji: str = "👍") -> Update:
        """A sticker."""
        file = self._file(data, "stickers", ".webp") | {"type": "regular", "width": 512, "height": 512}
        return self._says({"sticker": file | {"emoji": emoji, "is_animated": False, "is_video": False}})

    def sends_location(self, latitude: float, longitude: float) -> Update:
        """Where they are."""
        return self._says({"location": {"latitude": latitude, "longitude": longitude}})

    def sends_venue(self, latitude: float, longitude: float, *, title: str, address: str) -> Update:
        """A place with a name; its point is given twice, as Telegram does."""
        point = {"latitude": latitude, "longitude": longitude}
        return self._says({"venue": {"location": point, "title": title, "address": address}, "location": point})

    def sends_contact(self, phone: str, *, name: str = "Ana", user_id: int | None = None) -> Update:
        """A contact; `user_id` is whose it is when Telegram knows. Sharing the own one carries the own id."""
        contact: Wire = {"phone_number": phone, "first_name": name}
        if user_id is not None:
            contact["user_id"] = user_id
        return self._says({"contact": contact})

    def shares_phone(self, phone: str) -> Update:
        """Press the keyboard's button that shares the own number, without the plus as Telegram often has it."""
        return self.sends_contact(phone.removeprefix("+"), name=self.first_name, user_id=self.id)

    def sends(self, **content: Any) -> Update:
        """A message of a kind that has no verb here (poll, dice, story, something of tomorrow)."""
        return self._says(content)

    # --- changing, pressing ------------------------------------------------------------------------------

    def edits(self, text: str, *, message: Wire | None = None) -> Update:
        """Change the text (or the caption) of an earlier message, by default the last."""
        old = message or self.last
        name = "text" if "text" in old else "caption"
        new = old | {name: text, "edit_date": stamp()}
        return self._tell({"edited_message": new}, new)

    def presses(self, shown: Shown, words: str) -> Update:
        """Press the button whose text holds `words`. Raises LookupError."""
        press = f"press-{self.world.next()}"
        with self.world.lock:
            self.bot.presses.add(press)
        return self._tell(
            {
                "callback_query": {
                    "id": press,
                    "from": self.who(),
                    "message": shown.wire or {"message_id": shown.number, "chat": self._where(), "date": stamp()},
                    "chat_instance": "1",
                    "data": shown.button(words)["callback_data"],
                }
            }
        )

    def reacts(self, message: Shown | Wire, emoji: str, *, before: str = "") -> Update:
        """Put a reaction on a message; an empty one takes it away."""
        number = message.number if isinstance(message, Shown) else message["message_id"]
        return self._tell(
            {
                "message_reaction": {
                    "chat": self._where(),
                    "message_id": number,
                    "user": self.who(),
                    "date": stamp(),
                    "old_reaction": [{"type": "emoji", "emoji": before}] if before else [],
                    "new_reaction": [{"type": "emoji", "emoji": emoji}] if emoji else [],
                }
            }
        )

    def blocks(self) -> Update:
        """Block the bot: it cannot write any more."""
        with self.world.lock:
            self.bot.blocked.add(self.id)
        return self._member("member", "kicked")

    def unblocks(self) -> Update:
        """Let the bot write again."""
        with self.world.lock:
            self.bot.blocked.discard(self.id)
        return self._member("kicked", "member")

    def received(self) -> list[Shown]:
        """What the bot shows in this chat, oldest first."""
        with self.world.lock:
            return [shown for shown in self.bot.shown if shown.chat == self.chat]

    # --- the updates -------------------------------------------------------------------------------------

    def who(self) -> Wire:
        """The person as Telegram shows them."""
        about: Wire = {"id": self.id, "is_bot": False, "first_name": self.first_name, "language_code": "es"}
        about |= {"last_name": self.last_name} if self.last_name else {}
        return about | ({"username": self.username} if self.username else {})

    def _where(self) -> Wire:
        if self.group:
            return {"id": self.group, "type": "supergroup", "title": "Vecinos"}
        return {k: v for k, v in self.who().items() if k not in {"is_bot", "language_code"}} | {"type": "private"}

    def _file(self, data: bytes, folder: str, suffix: str) -> Wire:
        file_id = self.world.keep_file(data, folder, suffix)
        return {"file_id": file_id, "file_unique_id": file_id[-8:], "file_size": len(data)}

    def _says(self, content: Wire, reply_to: Wire | Shown | None = None) -> Update:
        message: Wire = {"message_id": self.world.next(), "from": self.who(), "chat": self._where(), "date": stamp()}
        if reply_to is not None:
            message["reply_to_message"] = reply_to.wire if isinstance(reply_to, Shown) else reply_to
        message |= content
        return self._tell({"message": message}, message)

    def _member(self, old: str, new: str) -> Update:
        user = self.bot.me()
        about = {"chat": self._where(), "from": self.who(), "date": stamp()}
        states = {"old_chat_member": {"user": user, "status": old}, "new_chat_member": {"user": user, "status": new}}
        return self._tell({"my_chat_member": about | states})

    def _tell(self, content: Wire, message: Wire | None = None) -> Update:
        with self.world.lock:
            self.bot.people.add(self.chat)
            if message is not None:
                self.last = message
                self.bot.written[self.chat, message["message_id"]] = message
            update = {"update_id": self.world.next(), **content}
            self.world.queue(self.bot, update)
        return update


def _caption(text: str) -> Wire:
    return {"caption": text} if text else {}
