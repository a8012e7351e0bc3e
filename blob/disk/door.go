package disk

import (
	"context"
	"fmt"
	"net/http"
	"strconv"

	"github.com/slipway-go/slipway/blob"
	"github.com/slipway-go/slipway/problem"
)

// ServeHTTP serves what the store has signed. It belongs at a pattern that ends in
// "/{key...}", for the methods GET, HEAD and POST.
func (s *Store) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := s.serve(w, r); err != nil {
		s.fail(w, r, err)
	}
}

func (s *Store) serve(w http.ResponseWriter, r *http.Request) error {
	key := r.PathValue("key")
	if blob.CheckKey(key) != nil {
		return problem.NotFound("there is nothing at this address") // which may hold anything, so it is not repeated
	}
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		return s.send(w, r, key)
	case http.MethodPost:
		return s.receive(w, r, key)
	}
	return problem.NotAllowed(r.Method, http.MethodGet, http.MethodHead, http.MethodPost)
}

// send answers with the object. What it says of it was signed.
func (s *Store) send(w http.ResponseWriter, r *http.Request, key string) error {
	values, err := queryOf(r)
	if err != nil {
		return err
	}
	if _, err := s.verify(toGet, key, values); err != nil {
		return err
	}
	object, err := s.Open(r.Context(), key)
	if err != nil {
		return told(err)
	}
	defer object.Close()
	h, info := w.Header(), object.Info()
	h.Set("Content-Type", values.Get(typeParam))
	h.Set("Content-Disposition", blob.Disposition(values.Get(nameParam), values.Get(inlineParam) != ""))
	h.Set("Etag", fmt.Sprintf(`"%x-%x"`, info.Modified.UnixNano(), info.Size))
	h.Set("Cache-Control", "private, no-store")
	blob.Guard(h, "cross-origin") // whoever has the address may show it
	http.ServeContent(w, blob.FewRanges(r), "", info.Modified, object)
	return nil
}

// receive writes the object that a form brings, one at a time for each key. What has not come
// when the form expires does not come any more.
func (s *Store) receive(w http.ResponseWriter, r *http.Request, key string) error {
	form, err := readForm(r)
	if err != nil {
		return err
	}
	until, err := s.verify(toPost, key, form.fields)
	if err != nil {
		return err
	}
	bounds, err := boundsOf(form)
	if err != nil {
		return err
	}
	if _, taken := s.coming.LoadOrStore(key, struct{}{}); taken {
		return problem.Conflict("the form is being sent already: wait until that has ended").WithCode("in_progress")
	}
	defer s.coming.Delete(key)
	ctx, cancel := context.WithDeadlineCause(r.Context(), until, expired())
	defer cancel()
	if _, err := s.put(ctx, key, form.file, bounds); err != nil {
		return told(err)
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// boundsOf reads what the store itself has signed.
func boundsOf(f form) (sizes, error) {
	least, err := strconv.ParseInt(f.fields.Get(leastParam), 10, 64)
	if err != nil {
		return sizes{}, fmt.Errorf("read the smallest size: %w", err)
	}
	most, err := strconv.ParseInt(f.fields.Get(mostParam), 10, 64)
	if err != nil {
		return sizes{}, fmt.Errorf("read the largest size: %w", err)
	}
	return sizes{least, most}, nil
}
