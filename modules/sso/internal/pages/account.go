package pages

import (
	"strings"
	"time"
)

// An Account is the page on which somebody looks after their own account.
type Account struct {
	Name, Email string
	Confirmed   bool // the e-mail
	Notice      string
	Faults      Faults
	HasPassword bool
	// Fresh tells that the login is recent enough to add a way to log in.
	Fresh      bool
	LoginAgain string // the address of the page that makes it so
	// PasskeysAt is the address of the page at which passkeys work; "" for this one.
	PasskeysAt string

	Sessions   []Session
	Passkeys   []Passkey
	Identities []Identity
	Providers  []Link // that can be linked
}

func (Account) template() string { return "account" }
func (Account) leads() string    { return "" }

// Device returns what this browser runs on.
func (a Account) Device() string {
	for _, s := range a.Sessions {
		if s.Current {
			return s.Device
		}
	}
	return ""
}

// Others reports whether somebody has logged in elsewhere.
func (a Account) Others() bool { return len(a.Sessions) > 1 }

// A Session is a login that goes on.
type Session struct {
	ID      string
	Device  string
	Address string
	Begun   time.Time
	Current bool
}

// A Passkey is one of the person's.
type Passkey struct {
	ID, Name    string
	Added, Used time.Time // Used is zero for never
}

// An Identity is an account elsewhere that logs in here.
type Identity struct {
	ID, Provider, Email string
}

// A known word in what a browser says of itself, and what people call that. Browsers
// name those that they want to be taken for, so the order matters.
type known struct{ word, name string }

var (
	browsers = []known{
		{"Edg", "Edge"},
		{"OPR/", "Opera"},
		{"SamsungBrowser", "Samsung Internet"},
		{"Firefox", "Firefox"},
		{"FxiOS", "Firefox"},
		{"CriOS", "Chrome"},
		{"Chrome", "Chrome"},
		{"Safari", "Safari"},
	}
	systems = []known{
		{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"Windows", "Windows"}, {"Mac OS", "Mac"}, {"CrOS", "ChromeOS"}, {"Linux", "Linux"},
	}
)

// DeviceOf returns what people call the device whose browser or app says this of itself.
func DeviceOf(userAgent string) string {
	browser, system := find(browsers, userAgent), find(systems, userAgent)
	switch {
	case browser != "" && system != "":
		return browser + " on " + system
	case browser != "" || system != "":
		return browser + system
	}
	if app, _, _ := strings.Cut(userAgent, "/"); app != "" {
		return app
	}
	return "Unknown device"
}

func find(all []known, text string) string {
	for _, k := range all {
		if strings.Contains(text, k.word) {
			return k.name
		}
	}
	return ""
}
