package files

import (
	"crypto/sha256"
	"net/http"
	"testing"

	"github.com/slipway-go/slipway/modules/files/filesapi"
	"github.com/slipway-go/slipway/modules/files/internal/inspect/corpus"
)

var _ = filesapi.Define(album, "anything", filesapi.Rules{Doc: "Files of all types", Types: corpus.Types(), MaxFiles: 1000, Upload: filesapi.Write})

// What is hostile is refused at the door, with its reason and without a trace; what is benign
// passes.
func TestUpload_corpus(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.As("customer")
	passed := map[[sha256.Size]byte]bool{} // the same content twice is kept once
	for _, sample := range append(corpus.Hostile(), corpus.Benign()...) {
		content := string(sample.Content())
		if len(content) > 64<<10 || sample.Name != cleanName(sample.Name) {
			continue
		}
		answer := send(ada.In(t), "anything", filePart(sample.Name, content), end)
		if sample.Want == "" {
			answer.Want(http.StatusCreated)
			passed[sha256.Sum256([]byte(content))] = true
			continue
		}
		if got := answer.WantCode(http.StatusUnprocessableEntity, filesapi.CodeRejected).Problem.Errors[0].Message; got != string(sample.Want) {
			t.Errorf("%s (%q) is refused for %s, want %s", sample.Why, sample.Name, got, sample.Want)
		}
	}
	w.wantObjects(t, len(passed))
}
