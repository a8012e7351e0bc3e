package pages

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
)

//go:embed assets
var embedded embed.FS

// assetsPath is where the pages look for their assets.
const assetsPath = "/sso/assets/"

// assets are the embedded files by name, with the digests of their content.
type assets map[string]string

func readAssets() (assets, error) {
	entries, err := fs.ReadDir(embedded, "assets")
	if err != nil {
		return nil, fmt.Errorf("read assets: %w", err)
	}
	all := assets{}
	for _, e := range entries {
		content, err := fs.ReadFile(embedded, "assets/"+e.Name())
		if err != nil {
			return nil, fmt.Errorf("read assets: %w", err)
		}
		sum := sha256.Sum256(content)
		all[e.Name()] = hex.EncodeToString(sum[:4])
	}
	return all, nil
}

// address returns where an asset is; it changes with the content, so that browsers may
// keep what they have.
func (a assets) address(name string) (string, error) {
	digest, ok := a[name]
	if !ok {
		return "", fmt.Errorf("there is no asset %s", name)
	}
	return assetsPath + name + "?v=" + digest, nil
}

// Assets serves the embedded files below /sso/assets/. What is kept for long is only what
// the address names: a process of another version may answer while versions change, or
// somebody may ask with a digest of their own, and caches would keep that for everybody.
func (s *Set) Assets() http.Handler {
	files := http.StripPrefix("/sso/", http.FileServerFS(embedded))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if digest, ok := s.assets[path.Base(r.URL.Path)]; ok {
			w.Header().Set("ETag", `"`+digest+`"`)
			w.Header().Set("Cache-Control", "no-cache")
			if r.URL.RawQuery == "v="+digest {
				w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
			}
		}
		files.ServeHTTP(w, r)
	})
}
