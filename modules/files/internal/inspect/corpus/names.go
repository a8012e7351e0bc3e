package corpus

import "github.com/slipway-go/slipway/modules/files/filesapi"

// names returns harmless texts with names that are not.
func names() []Sample {
	var all []Sample
	for name, want := range map[string]filesapi.Reason{
		"photo.jpg.php": filesapi.ReasonScript, "photo.php.jpg": filesapi.ReasonScript, "x.php.": filesapi.ReasonScript,
		"x.php::$DATA": filesapi.ReasonScript, "x.pHp5": filesapi.ReasonScript, "x.php ": filesapi.ReasonScript,
		"x.php\x00.txt": filesapi.ReasonScript, "x.php%00.txt": filesapi.ReasonScript, "x.asp;.txt": filesapi.ReasonScript,
		".htaccess": filesapi.ReasonScript, "x.phtml": filesapi.ReasonScript, "x.phar": filesapi.ReasonScript, "x.jspx": filesapi.ReasonScript,
		"run.bat": filesapi.ReasonScript, "run.ps1": filesapi.ReasonScript, "run.vbs": filesapi.ReasonScript, "run.js": filesapi.ReasonScript,
		"run.hta": filesapi.ReasonExecutable, "run.desktop": filesapi.ReasonScript, "run.url": filesapi.ReasonScript, "run.sh": filesapi.ReasonScript,
		"page.html": filesapi.ReasonScript, "image.svg": filesapi.ReasonScript, "letter.docm": filesapi.ReasonScript, "data.xml": filesapi.ReasonScript,
		"setup.exe": filesapi.ReasonExecutable, "setup.msi": filesapi.ReasonExecutable, "photo.jpg.exe": filesapi.ReasonExecutable,
		"photo.exe.jpg": filesapi.ReasonExecutable, "a.lnk": filesapi.ReasonExecutable, "a.jar": filesapi.ReasonExecutable, "a.scr": filesapi.ReasonExecutable,
		"a.apk": filesapi.ReasonExecutable, "a.com": filesapi.ReasonExecutable, "a.iso": filesapi.ReasonExecutable,
		"../../x.php": filesapi.ReasonScript, `..\..\x.exe`: filesapi.ReasonExecutable,
		"photo\u202egpj.txt": filesapi.ReasonName, "a.txt.": filesapi.ReasonName, "a.txt ": filesapi.ReasonName, "a\n.txt": filesapi.ReasonName,
		"a:b.txt": filesapi.ReasonName, "a\xff.txt": filesapi.ReasonName, "noextension": filesapi.ReasonName, "a.xyz": filesapi.ReasonName,
		"": filesapi.ReasonName, ".txt/": filesapi.ReasonName,
	} {
		all = append(all, is(want, name, "the name "+name, "plain words\n"))
	}
	return all
}
