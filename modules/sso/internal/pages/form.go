package pages

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
)

// A Return is where the way leads on to once somebody has logged in.
type Return struct {
	Path string // of this server, with its query; "" for the account
	// Leads is the origin to which that redirects, such as https://app.example; "" for
	// this one.
	Leads string
}

func (r Return) leads() string { return r.Leads }

// To returns the address of another page, which leads on to the same place.
func (r Return) To(page string) string {
	if r.Path == "" {
		return page
	}
	return page + "?" + url.Values{"return_to": {r.Path}}.Encode()
}

// Faults are what is wrong with a form that was sent.
type Faults struct {
	Summary string
	Fields  map[string]string // by the field's name
}

// A Field is one input of a form.
type Field struct {
	Name, Label, Type string
	Autocomplete      string // what of the person a browser may fill in
	Value             string
	Hint              string
	Mode              string // the keyboard that a phone shows; "" for that of the type
	MinLength         int    // 0 for none; a field is required in any case
	MaxLength         int

	Fault string
	Focus bool // where typing begins
}

// Describes names what a screen reader says after the label.
func (f Field) Describes() string {
	var ids []string
	if f.Fault != "" {
		ids = append(ids, f.Name+"-fault")
	}
	if f.Hint != "" {
		ids = append(ids, f.Name+"-hint")
	}
	return strings.Join(ids, " ")
}

// A Form is a page with one form.
type Form struct {
	Return

	Title  string
	Intro  string
	Notice string // good news, such as a code that was sent
	Action string // where the form is sent
	Hidden map[string]string
	// Username tells a browser that keeps passwords whose is asked for; "" for one that a
	// field asks for.
	Username string
	Fields   []Field
	Submit   string
	Faults   Faults
	Links    []Link
}

// A Link leads to another page.
type Link struct{ Before, Text, To string }

func (Form) template() string { return "form" }

// Inputs returns the fields with their faults. Typing begins at the first fault, or
// else at the first field that is empty.
func (f Form) Inputs() []Field {
	inputs := slices.Clone(f.Fields)
	for i, in := range inputs {
		inputs[i].Fault = f.Faults.Fields[in.Name]
		inputs[i].Type = cmp.Or(in.Type, "text")
	}
	first := slices.IndexFunc(inputs, func(in Field) bool { return in.Fault != "" })
	if first < 0 {
		first = slices.IndexFunc(inputs, func(in Field) bool { return in.Value == "" })
	}
	if first >= 0 {
		inputs[first].Focus = true
	}
	return inputs
}

// A Login is the login page.
type Login struct {
	Form

	Ways     []Link // other ones to log in
	Passkeys bool
	// PasskeysAt is the address of the page at which passkeys work; "" for this one.
	PasskeysAt string
}

func (Login) template() string { return "login" }

// A Message is a page that only tells something.
type Message struct {
	Title, Text string
	Bad         bool
	Trace       string // to tell the support; "" for none
	Links       []Link
}

func (Message) template() string { return "message" }
func (Message) leads() string    { return "" }
