package requests

// A Mutation is the one step by which a request does not fit.
type Mutation struct {
	// Name says what was done: "too long", "unknown property".
	Name string
	// Location is where, as the server's own messages name places: body.quantity.
	Location string
	// raw changes the bytes of the body, query appends to the query.
	raw   func(body []byte, contentType string) ([]byte, string)
	query string
}
