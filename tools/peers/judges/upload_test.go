package judges_test

import (
	"fmt"
	"testing"

	"github.com/slipway-go/slipway/modules/files/filesapi"
)

// The ways of the guide on files by which a page uploads, as they stand there.
func TestChromium_UploadsFromAPage(t *testing.T) {
	t.Parallel()
	shop := openShop(t)
	token, b := shop.editor(t), shop.chromium(t)
	b.open("/docs/")

	t.Run("through the service", func(t *testing.T) {
		got := eval[string](b, fmt.Sprintf(`(async (token) => {
			const file = await %s;
			const form = new FormData();
			form.append("size", file.size);
			form.append("file", file);
			const answer = await fetch("/uploads/catalog/photos", { method: "POST", headers: { Authorization: `+"`Bearer ${token}`"+` }, body: form });
			return answer.status + " " + (await answer.json()).name;
		})(%q)`, pixels, token))
		if got != "201 mug.jpg" {
			t.Errorf("the answer is %q, want 201 and the file", got)
		}
	})

	t.Run("past the service", func(t *testing.T) {
		got := eval[[]string](b, fmt.Sprintf(`(async (token) => {
			const file = await %s;
			const headers = { Authorization: `+"`Bearer ${token}`"+`, "Content-Type": "application/json" };
			const intent = { name: file.name, size: file.size };
			const begun = await fetch("/uploads/catalog/photos/intents", { method: "POST", headers, body: JSON.stringify(intent) });
			const ticket = await begun.json();
			const form = new FormData();
			for (const [name, value] of Object.entries(ticket.fields)) form.append(name, value);
			form.append("file", file);
			const sent = await fetch(ticket.url, { method: "POST", body: form });
			const completed = await fetch("/files/" + ticket.file.id + "/complete", { method: "POST", headers });
			let known;
			do {
				await new Promise((done) => setTimeout(done, 50)); // nothing tells a page when
				known = await (await fetch("/files/" + ticket.file.id, { headers })).json();
			} while (known.state === "uploaded" || known.state === "checked");
			return ["" + begun.status, "" + sent.status, "" + completed.status, known.state];
		})(%q)`, pixels, token))
		if want := []string{"201", "204", "202", string(filesapi.StateStored)}; fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("the answers are %v, want %v", got, want)
		}
	})
}
