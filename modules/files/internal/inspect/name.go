package inspect

import (
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/slipway-go/slipway/modules/files/filesapi"
)

// words returns those of a text, as a set.
func words(text string) map[string]bool {
	set := map[string]bool{}
	for word := range strings.FieldsSeq(text) {
		set[word] = true
	}
	return set
}

// The extensions of what runs when it is opened, or when a server with other ideas serves it.
// Those of the second pair are refused anywhere in a name, because some servers look at each:
// "photo.php.jpg". The words of the first alone are too usual within a name: "example.com.pdf".
var (
	programNames = words(`com pif scr cpl msi msp mst msix appx jar war ear class apk aab xapk dex ipa app dmg pkg deb rpm
		elf so dylib dll sys drv ocx bin run out ko o wasm swf chm gadget application appimage iso img vhd vhdx lnk`)
	scriptNames = words(`js mjs cjs jse ts vb wsf wsc wsh ws py pyc pyw rb pl pm tcl lua sh bash zsh csh ksh fish command
		reg inf scf url desktop webloc website theme settingcontent-ms library-ms search-ms appref-ms html htm xhtml xht
		mht mhtml svg svgz xml xsl xslt swift go rs sql xll xlam docm dotm xlsm xltm xlsb pptm potm ppsm ppam sldm slk iqy`)
	programsAnywhere = words(`exe scr pif msi dll jar hta`)
	scriptsAnywhere  = words(`php php2 php3 php4 php5 php6 php7 php8 phps pht phtm phtml phar phpt inc asp aspx ascx ashx asmx
		asa asax cer cshtml vbhtml jsp jspx jspf jsw jsv cfm cfml cfc cgi fcgi shtml shtm stm htaccess
		bat cmd ps1 ps1xml ps2 psm1 psd1 psc1 vbs vbe`)
)

// checkName looks at a file's name alone. Its last extension must be one of an allowed type.
func checkName(name string, allowed []filesapi.Type) error {
	base := name[strings.LastIndexAny(name, `/\`)+1:]
	if err := checkExtensions(base); err != nil {
		return err
	}
	if !plain(base) {
		return refuse(filesapi.ReasonName, "the name has characters that hide how it ends")
	}
	if !slices.ContainsFunc(allowed, func(t filesapi.Type) bool { return t.Fits(base) }) {
		return refuse(filesapi.ReasonName, "the name ends in %q; what may be uploaded here ends in %s", path.Ext(base), extensions(allowed))
	}
	return nil
}

func extensions(allowed []filesapi.Type) string {
	var all []string
	for _, t := range allowed {
		all = append(all, t.Extensions()...)
	}
	return strings.Join(all, ", ")
}

// plain reports whether a name is read by everything as it stands there: Windows drops dots
// and spaces at the end and takes what is behind ':' for a stream, C ends at NUL, and some
// characters turn the order of others about.
func plain(base string) bool {
	return utf8.ValidString(base) && !strings.ContainsFunc(base, hides) && base == strings.TrimRight(base, ". ")
}

func hides(r rune) bool {
	return r == ':' || unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || unicode.Is(unicode.Zl, r) || unicode.Is(unicode.Zp, r)
}

// checkExtensions refuses the names of programs and scripts, in whatever way the end of the
// name is hidden.
func checkExtensions(base string) error {
	parts := strings.FieldsFunc(strings.ToLower(base), func(r rune) bool { return r == '.' || r == ';' || r == '%' || hides(r) })
	for i, part := range parts {
		part = strings.TrimFunc(part, unicode.IsSpace)
		last := i == len(parts)-1 || parts[i+1] == "$data" || strings.HasPrefix(parts[i+1], "00")
		if i == 0 && len(parts) > 1 && !strings.HasPrefix(base, ".") {
			continue // the name itself
		}
		if programsAnywhere[part] || last && programNames[part] {
			return refuse(filesapi.ReasonExecutable, "%q is the name of a program", base)
		}
		if scriptsAnywhere[part] || last && scriptNames[part] {
			return refuse(filesapi.ReasonScript, "%q is the name of something that runs", base)
		}
	}
	return nil
}
