"""The screens and the API of the knowledge: who sees them, what they keep, what is refused beside its field."""

from __future__ import annotations

import io

import pypdfium2
import pytest
import typst
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from chatbot.domain.knowledge import add_faq
from chatbot.domain.knowledge_questions import collect_question
from chatbot.models import Article, OpenQuestion, Passage
from chatbot.papers.reading import MAX_BYTES
from chatbot.tests.conftest import STAFF
from events.models import Event
from events.sentences import sentence
from tenants.current import entered

pytestmark = pytest.mark.django_db
HOME = "/asistente/saber/"
API = "/api/v1/knowledge/"
FAQ = {"question": "¿Cuánto cuesta la instalación?", "answer": "$500.", "language": "es"}


def upload(name: str, data: bytes) -> dict:
    return {"file": SimpleUploadedFile(name, data), "title": "", "language": "es"}


def empty_pdf() -> bytes:
    document = pypdfium2.PdfDocument.new()
    document.new_page(200, 200)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def test_a_question_is_written_found_tried_changed_and_removed(client_norte, norte, client_sur):
    assert "todavía no sabe nada" in client_norte.get(HOME).content.decode()
    assert client_norte.post(f"{HOME}pregunta/", FAQ).status_code == 302
    with entered(norte):
        pk = Article.objects.get().pk
        assert sentence(Event.objects.get(type="knowledge.added")).startswith("Owner agregó al asistente «¿Cuánto")
    assert "Cuánto cuesta" in client_norte.get(f"{HOME}?q=INSTALACION").content.decode()
    assert "Nada coincide" in client_norte.get(f"{HOME}?q=mudanza").content.decode()
    tried = client_norte.post(f"{HOME}probar/", {"text": "costo de instalasion"}).content.decode()
    assert "$500." in tried
    assert "Según: ¿Cuánto cuesta la instalación?" in tried
    assert "<html" not in tried
    assert client_norte.post(f"{HOME}{pk}/", FAQ | {"answer": "$600."}).status_code == 302
    assert client_sur.get(f"{HOME}{pk}/").status_code == 404
    assert client_sur.post(f"{HOME}{pk}/borrar/").status_code == 404
    with entered(norte):
        assert Article.objects.get().body == "$600."
    assert client_norte.post(f"{HOME}{pk}/borrar/").status_code == 302
    with entered(norte):
        assert not Article.objects.exists()
        assert not Passage.objects.exists()


def test_trying_collects_nothing(client_norte, norte):
    assert "Nada: no encuentra" in client_norte.post(f"{HOME}probar/", {"text": "¿venden celulares?"}).content.decode()
    assert client_norte.post(f"{HOME}probar/", {"text": ""}).status_code == 422
    with entered(norte):
        assert not OpenQuestion.objects.exists()


@pytest.mark.parametrize(
    ("changes", "says"),
    [({"answer": ""}, "id_answer_error"), ({"question": "x" * 201}, "200"), ({"language": "fr"}, "fr")],
)
def test_a_mistake_keeps_what_was_typed_and_changes_nothing(client_norte, norte, changes, says):
    page = client_norte.post(f"{HOME}pregunta/", {**FAQ, "answer": "lo que escribí", **changes})
    assert page.status_code == 422
    assert says in page.content.decode()
    assert "answer" in changes or "lo que escribí" in page.content.decode()
    with entered(norte):
        assert not Article.objects.exists()


@pytest.mark.parametrize("role", ["collections", "support", "technician", "sales", "read_only"])
def test_others_find_nothing(sign_in, norte, role):
    with entered(norte):
        article = add_faq(**FAQ, actor=STAFF, now=timezone.now())
        question = collect_question(text="¿Venden celulares?", conversation=None, now=timezone.now())
    client = sign_in(norte, role)
    for path in ("", "pregunta/", "documento/", f"{article.pk}/", "sin-respuesta/", f"sin-respuesta/{question.pk}/"):
        assert client.get(HOME + path).status_code == 404
    for path in (f"{article.pk}/borrar/", f"sin-respuesta/{question.pk}/descartar/"):
        assert client.post(HOME + path).status_code == 404
    assert client.get(f"{API}articles/").status_code in {403, 404}
    assert client.delete(f"{API}articles/{article.pk}/").status_code in {403, 404}
    with entered(norte):
        assert Article.objects.count() == 1
        assert OpenQuestion.objects.get().state == "open"


def test_a_pdf_is_read_page_by_page_and_downloaded(client_norte, norte):
    source = "Instalación en techo de lámina.\n\n#pagebreak()\n\nLa garantía del router es de noventa días."
    data = typst.compile(source.encode(), format="pdf")
    answer = client_norte.post(f"{HOME}documento/", upload("Garantias.pdf", data))
    assert answer.status_code == 302
    with entered(norte):
        row = Article.objects.get()
        assert (row.title, row.pages, row.content_type, row.size) == ("Garantias", 2, "application/pdf", len(data))
        assert row.passages.last().page == 2
    page = client_norte.get(answer["Location"]).content.decode()
    assert "garantía del router" in page
    assert "Página 2" in page
    got = client_norte.get(f"{HOME}{row.pk}/archivo/")
    assert b"".join(got.streaming_content) == data
    assert got["Content-Disposition"].startswith("attachment")
    again = client_norte.post(f"{HOME}documento/", upload("otro.pdf", data))
    assert "Ese archivo ya está" in again.content.decode()
    tried = client_norte.post(f"{HOME}probar/", {"text": "de cuánto es la garantía del router"}).content.decode()
    assert "Según: Garantias, página 2" in tried


def locked_pdf():
    """A PDF that nobody opens without a password: what it says of the password is no password's."""
    keys = b"<< /Filter /Standard /V 1 /R 2 /P -4 /O <%s> /U <%s> >>" % (b"41" * 32, b"42" * 32)
    parts = [b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [] /Count 0 >>", keys]
    data, places = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, 1):
        places.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    table = b"xref\n0 4\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % place for place in places)
    trailer = b"trailer << /Size 4 /Root 1 0 R /Encrypt 3 0 R /ID [<00> <00>] >>\nstartxref\n%d\n%%%%EOF" % len(data)
    return data + table + trailer


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("a.pdf", b"%PDF-1.7\n" + b"basura " * 500, "dañado"),
        ("a.pdf", b"", "vacío"),
        ("a.md", b"x" * (MAX_BYTES + 1), "5 MB"),
        ("a.md", b"\xff\xfe\x00", "ni un texto Markdown"),
        ("a.md", "año".encode("latin-1"), "UTF-8"),
        ("a.exe", b"MZ hola", "ni un texto Markdown"),
        ("a.md", b"# Solo un titulo", "no tiene texto"),
        ("a.pdf", None, "sólo imágenes"),
        ("a.pdf", locked_pdf(), "tiene contraseña"),
    ],
)
def test_what_is_no_document_is_refused_and_nothing_is_kept(client_norte, norte, name, data, says):
    answer = client_norte.post(f"{HOME}documento/", upload(name, empty_pdf() if data is None else data))
    assert answer.status_code == 422
    assert says in answer.content.decode()
    with entered(norte):
        assert not Article.objects.exists()
        assert not Event.objects.filter(type="knowledge.added").exists()


def test_open_questions_are_answered_and_dismissed(client_norte, norte, client_sur):
    with entered(norte):
        one = collect_question(text="¿Venden celulares?", conversation=None, now=timezone.now())
        two = collect_question(text="¿Tienen telefonía fija?", conversation=None, now=timezone.now())
    page = client_norte.get(f"{HOME}sin-respuesta/").content.decode()
    assert "¿Venden celulares?" in page
    assert "¿Venden celulares?" not in client_sur.get(f"{HOME}sin-respuesta/").content.decode()
    assert "¿Venden celulares?" in client_norte.get(f"{HOME}sin-respuesta/{one.pk}/").content.decode()
    assert client_norte.post(f"{HOME}sin-respuesta/{one.pk}/descartar/").status_code == 302
    path = f"{HOME}sin-respuesta/{two.pk}/"
    assert client_norte.post(path, FAQ | {"answer": ""}).status_code == 422
    assert client_norte.post(path, FAQ | {"question": two.text}).status_code == 302
    assert "Ya la contestó alguien" in client_norte.post(path, FAQ).content.decode()
    assert "Ninguna aquí" in client_norte.get(f"{HOME}sin-respuesta/").content.decode()
    assert "¿Venden celulares?" in client_norte.get(f"{HOME}sin-respuesta/?state=dismissed").content.decode()
    with entered(norte):
        assert set(OpenQuestion.objects.values_list("state", flat=True)) == {"dismissed", "answered"}
        assert Article.objects.get().title == two.text


def test_the_api_adds_changes_tries_and_removes(client_norte, norte, client_sur):
    json = {"content_type": "application/json"}
    made = client_norte.post(f"{API}articles/", FAQ, **json)
    assert made.status_code == 201
    pk = made.json()["id"]
    assert client_norte.post(f"{API}articles/", FAQ, **json).json()["fields"]["question"]
    assert client_norte.patch(f"{API}articles/{pk}/", {"answer": "$700."}, **json).json()["body"] == "$700."
    said = client_norte.get(f"{API}answer/", {"text": "cuanto cuesta la instalacion"}).json()
    assert (said["answer"], said["article"]) == ("$700.\n\nSegún: ¿Cuánto cuesta la instalación?", pk)
    assert client_sur.get(f"{API}answer/", {"text": "cuanto cuesta la instalacion"}).json()["answer"] is None
    assert client_sur.patch(f"{API}articles/{pk}/", {"answer": "x"}, **json).status_code == 404
    brought = client_norte.post(f"{API}articles/", {"file": SimpleUploadedFile("c.md", b"# Uno\nDos tres.")})
    assert brought.status_code == 201
    assert client_norte.patch(f"{API}articles/{brought.json()['id']}/", {}, **json).status_code == 405
    bad = client_norte.post(f"{API}articles/", {"file": SimpleUploadedFile("c.pdf", b"%PDF-nada")})
    assert "dañado" in bad.json()["fields"]["file"][0]
    assert client_norte.delete(f"{API}articles/{pk}/").status_code == 204
    assert [row["title"] for row in client_norte.get(f"{API}articles/").json()["results"]] == ["c"]
    assert client_sur.get(f"{API}articles/").json()["results"] == []


def test_the_api_of_questions(client_norte, norte, client_sur):
    with entered(norte):
        one = collect_question(text="¿Venden celulares?", conversation=None, now=timezone.now())
        two = collect_question(text="¿Rentan salones?", conversation=None, now=timezone.now())
    assert len(client_norte.get(f"{API}questions/?state=open").json()["results"]) == 2
    assert client_sur.get(f"{API}questions/{one.pk}/").status_code == 404
    assert client_norte.post(f"{API}questions/{one.pk}/dismiss/").json()["state"] == "dismissed"
    body = {"question": two.text, "answer": "No."}
    path = f"{API}questions/{two.pk}/answer/"
    assert client_norte.post(path, body, content_type="application/json").status_code == 201
    assert client_norte.post(path, body, content_type="application/json").status_code == 400
    with entered(norte):
        assert Article.objects.count() == 1


@pytest.mark.parametrize("path", ["", "sin-respuesta/"])
def test_lists_cost_the_same_with_one_and_with_fifty(client_norte, norte, path, django_assert_max_num_queries):
    def reads() -> int:
        with django_assert_max_num_queries(40) as captured:
            assert client_norte.get(HOME + path).status_code == 200
        return len(captured)

    def add(numbers: range) -> None:
        with entered(norte):
            for n in numbers:
                add_faq(question=f"¿Uno {n}?", answer="Sí", actor=STAFF, now=timezone.now())
                collect_question(text=f"¿Venden celulares {n}?", conversation=None, now=timezone.now())

    add(range(1))
    reads()
    first = reads()
    add(range(1, 50))
    assert reads() == first
