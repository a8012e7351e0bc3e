package judges_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/slipway-go/slipway/modules/files/filesapi"
)

// upload is the operation on the page of the API's description.
const upload = `document.querySelector("#operations-files-files-post-uploads-module-profile")`

// pixels draws a photo, as a file of the browser.
const pixels = `(async () => {
	const canvas = document.createElement("canvas");
	[canvas.width, canvas.height] = [400, 200];
	canvas.getContext("2d").fillRect(50, 50, 100, 100);
	const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg"));
	return new File([blob], "mug.jpg", { type: "image/jpeg" });
})()`

// editor registers somebody who may upload photos, and returns their token.
func (s *shop) editor(t *testing.T) string {
	t.Helper()
	p := s.person(t)
	s.command(t, new(json.RawMessage), "users", "grant", p.email, "admin")
	var got struct {
		Token string `json:"access_token"`
	}
	s.postJSON(t, "/sso/v1/login", map[string]string{"email": p.email, "password": password}, &got)
	return got.Token
}

// tryUpload opens the page and makes ready to try the operation.
func (b *browser) tryUpload(token string) {
	b.t.Helper()
	b.open("/docs/")
	b.eventually("the operation is there", upload+` !== null`)
	eval[bool](b, fmt.Sprintf(`window.ui.preauthorizeApiKey("bearer", %q) !== null`, token))
	b.pressIn("button.opblock-summary-control")
	b.pressIn(".try-out__btn")
	b.fill(`tr[data-param-name=module] input`, "catalog")
	b.fill(`tr[data-param-name=profile] input`, "photos")
	b.eventually("a file can be chosen", upload+`.querySelector("input[type=file]") !== null`)
	eval[bool](b, `(async () => {
		const chosen = new DataTransfer(), input = `+upload+`.querySelector("input[type=file]");
		chosen.items.add(await `+pixels+`);
		input.files = chosen.files;
		return input.dispatchEvent(new Event("change", { bubbles: true }));
	})()`)
}

// pressIn clicks what is in the operation, once it is there.
func (b *browser) pressIn(selector string) {
	b.t.Helper()
	b.eventually("there is "+selector, fmt.Sprintf(`(() => { const found = %s.querySelector(%q); found?.click(); return !!found; })()`, upload, selector))
}

// fill writes into a field of the operation, as keys would.
func (b *browser) fill(selector, value string) {
	b.t.Helper()
	b.eventually("there is "+selector, fmt.Sprintf(`(() => {
		const field = %s.querySelector(%q);
		if (field === null) return false;
		Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set.call(field, %q);
		field.dispatchEvent(new Event("input", { bubbles: true }));
		return field.dispatchEvent(new FocusEvent("focusout", { bubbles: true })); // or else it waits for more keys
	})()`, upload, selector, value))
}

// answered waits for the answer, and returns its status and body.
func (b *browser) answered() (status int, f filesapi.File) {
	b.t.Helper()
	const live = upload + `.querySelector(".live-responses-table tbody .response")`
	b.pressIn(".execute")
	b.eventually("there is an answer", live+` !== null`)
	status = eval[int](b, `parseInt(`+live+`.querySelector(".response-col_status").innerText)`)
	body := eval[string](b, live+`.querySelector(".microlight, pre").innerText`)
	if err := json.Unmarshal([]byte(body), &f); err != nil {
		b.t.Fatalf("the page shows %d and %q: %v", status, body, err)
	}
	return status, f
}

func TestChromium_UploadsOnThePageOfTheAPI(t *testing.T) {
	t.Parallel()
	shop := openShop(t)
	token := shop.editor(t)

	t.Run("a file, and nothing else", func(t *testing.T) {
		b := shop.chromium(t)
		b.tryUpload(token)
		if status, f := b.answered(); status != 201 || f.Name != "mug.jpg" {
			t.Errorf("the page shows %d and %+v, want 201 and the file", status, f)
		}
	})

	t.Run("a file and its size, which the page sends behind it", func(t *testing.T) {
		b := shop.chromium(t)
		b.tryUpload(token)
		b.fill(`tr[data-property-name=size] input[type=text]`, fmt.Sprint(eval[int](b, pixels+`.then((file) => file.size)`)))
		if status, f := b.answered(); status != 201 {
			t.Errorf("the page shows %d and %+v, want 201", status, f)
		}
	})
}
