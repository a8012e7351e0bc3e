package corpus

import (
	"strings"

	"github.com/slipway-go/slipway/modules/files/filesapi"
)

// programs returns what begins like programs of all kinds, with nothing to run behind.
func programs() []Sample {
	zeros := strings.Repeat("\x00", 200)
	heads := map[string]string{
		"ELF": "\x7fELF\x02\x01\x01", "Mach-O of 32 bits": "\xfe\xed\xfa\xce", "Mach-O of 64 bits": "\xcf\xfa\xed\xfe", "Mach-O, big-endian": "\xfe\xed\xfa\xcf",
		"Mach-O, little-endian of 32 bits": "\xce\xfa\xed\xfe", "fat Mach-O": "\xca\xfe\xba\xbe\x00\x00\x00\x02", "fat Mach-O of 64 bits": "\xca\xfe\xba\xbf",
		"class": "\xca\xfe\xba\xbe\x00\x00\x00\x41", "DEX": "dex\n035\x00", "WebAssembly": "\x00asm\x01\x00\x00\x00",
		"PE": "MZ\x90\x00\x03" + strings.Repeat("\x00", 55) + "\x40\x00\x00\x00PE\x00\x00", "DOS": "MZ\x01\x00", "DOS by the other mark": "ZM\x01\x00",
		"shortcut": "L\x00\x00\x00\x01\x14\x02\x00\x00\x00\x00\x00\xc0\x00\x00\x00\x00\x00\x00F", "installer": oleMagic, "cabinet": "MSCF\x00\x00\x00\x00",
		"help": "ITSF\x03\x00\x00\x00", "library": "!<arch>\n", "package of Red Hat": "\xed\xab\xee\xdb\x03\x00", "package of macOS": "xar!\x00\x1c",
		"Flash": "FWS\x09", "packed Flash": "CWS\x09", "Lua": "\x1bLuaS", "objects of Java": "\xac\xed\x00\x05", "LLVM": "BC\xc0\xde",
	}
	var all []Sample
	for what, head := range heads {
		for _, name := range []string{"photo.jpg", "notes.txt"} {
			all = append(all, is(filesapi.ReasonExecutable, name, what+" as "+name, head, zeros))
		}
	}
	return append(all,
		of(filesapi.ReasonExecutable, "tool.zip", "a jar", func() []byte { return Zip("META-INF/MANIFEST.MF", "Main-Class: A\n", "A.class", "x") }),
		of(filesapi.ReasonExecutable, "app.zip", "an APK", func() []byte { return Zip("AndroidManifest.xml", "x", "classes.dex", "dex\n035\x00") }),
		of(filesapi.ReasonExecutable, "app.docx", "an APK as a letter", func() []byte { return Zip("AndroidManifest.xml", "x") }),
		of(filesapi.ReasonExecutable, "files.zip", "a program in an archive", func() []byte { return Zip("tool", "\x7fELF"+zeros) }),
		of(filesapi.ReasonExecutable, "files.zip", "a program in an archive in an archive", func() []byte { return Zip("in.zip", string(Zip("tool", "MZ\x90\x00"+zeros))) }),
		of(filesapi.ReasonExecutable, "app.zip", "an app for iOS", func() []byte { return Zip("Payload/A.app/A", "x") }),
		of(filesapi.ReasonExecutable, "app.zip", "an app for Windows", func() []byte { return Zip("[Content_Types].xml", types("x", "y"), "AppxManifest.xml", "x") }),
		is(filesapi.ReasonEncrypted, "letter.docx", "a locked letter", oleMagic, zeros, wide("EncryptionInfo"), wide("EncryptedPackage")),
		is(filesapi.ReasonMacro, "letter.docx", "an old letter with macros", oleMagic, zeros, wide("WordDocument"), wide("Macros"), wide("VBA")),
		is(filesapi.ReasonType, "letter.docx", "an old letter", oleMagic, zeros, wide("WordDocument")),
	)
}

const oleMagic = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

// wide returns a text in UTF-16, the low byte first.
func wide(text string) string {
	var b strings.Builder
	for i := range len(text) {
		b.WriteString(text[i:i+1] + "\x00")
	}
	return b.String()
}

// wideBig returns a text in UTF-16, the high byte first.
func wideBig(text string) string {
	var b strings.Builder
	for i := range len(text) {
		b.WriteString("\x00" + text[i:i+1])
	}
	return b.String()
}

// scripts returns texts that something would run.
func scripts() []Sample {
	heads := map[string]string{
		"shebang": "#!/bin/sh\nid\n", "shebang behind UTF-8's mark": "\ufeff#!/bin/sh\n", "shebang behind lines": "\n\r\n \t#!/usr/bin/env python3\n",
		"shebang in UTF-16LE": "\xff\xfe" + wide("#!/bin/sh\n"), "shebang in UTF-16BE": "\xfe\xff" + wideBig("#!/bin/sh\n"),
		"shebang in UTF-16 without a mark": wide("#!/bin/sh\n"), "shebang behind two marks": "\ufeff\ufeff#!/bin/sh\n",
		"PHP": "<?php system('id');", "short PHP": "<?=`id`?>", "PHP in the middle": "a,b\n1,<?php phpinfo(); ?>\n", "ASP": "<%@ Page %>",
		"HTML": "<!DOCTYPE html><p>hi", "HTML behind a comment": "<!-- hi -->\n<html>", "HTML in a table": "a,b\n1,<script>alert(1)</script>\n",
		"HTML in a table, with a form feed": "a,b\n1,<script\f>alert(1)</script>\n",
		"SVG":                               `<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`, "SVG behind a declaration": `<?xml version="1.0"?><svg onload="alert(1)"/>`,
		"XML with a script":        `<?xml version="1.0"?><a xmlns:h="http://www.w3.org/1999/xhtml"><h:script/><script>1</script></a>`,
		"WSF behind a declaration": "<?xml version=\"1.0\"?>\n<package><job/></package>",
		"batch":                    "@echo off\r\ndel x\r\n", "PowerShell": "#Requires -Version 5\n", "VBScript": "Set s = CreateObject(\"WScript.Shell\")\n", "JScript": "var a = new ActiveXObject(\"x\");",
		"encoded script": "#@~^AAAAAA==", "HTA": "<hta:application id=x>", "desktop entry": "[Desktop Entry]\nExec=id\n", "shortcut to a page": "[InternetShortcut]\r\nURL=file://x\r\n",
		"registry": "Windows Registry Editor Version 5.00\r\n", "autorun": "[autorun]\r\nopen=x\r\n", "PostScript": "%!PS-Adobe-3.0\n", "RTF": `{\rtf1 {\object}}`,
	}
	var all []Sample
	for what, content := range heads {
		want := filesapi.ReasonScript
		if what == "encoded script" {
			want = filesapi.ReasonExecutable
		}
		for _, name := range []string{"notes.txt", "table.csv"} {
			all = append(all, is(want, name, what+" as "+name, content))
		}
	}
	return append(all,
		is(filesapi.ReasonScript, "photo.jpg", "a shebang as a photo", "#!/bin/sh\n"),
		is(filesapi.ReasonScript, "photo.png", "a page as a photo", "<html><script>alert(1)</script>"),
		of(filesapi.ReasonScript, "long.txt", "PHP across two windows", func() []byte {
			return []byte(strings.Repeat("x", 1<<20-3) + "<?php phpinfo(); ?>" + strings.Repeat("y", 1<<20))
		}),
	)
}
