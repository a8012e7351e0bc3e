package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/auth/authtest"
	"github.com/slipway-go/slipway/config"
)

// handlers are the servers that are compared.
func handlers() map[string]func(ctx context.Context, log io.Writer) (http.Handler, error) {
	all := layered()
	maps.Copy(all, map[string]func(context.Context, io.Writer) (http.Handler, error){
		"bare":  func(context.Context, io.Writer) (http.Handler, error) { return bare(), nil },
		"stack": stack,
		"shelf": func(_ context.Context, log io.Writer) (http.Handler, error) { return shelf(log, true) },
		"shelf-uncached": func(_ context.Context, log io.Writer) (http.Handler, error) {
			return shelf(log, false)
		},
	})
	return all
}

// stack is the kit's server as slipway.Main builds it.
func stack(ctx context.Context, log io.Writer) (http.Handler, error) {
	return serveCarts(ctx, settings(nil), slipway.Overrides{SSO: newSSO(), Stdout: log})
}

func serveCarts(ctx context.Context, src *config.Source, o slipway.Overrides) (http.Handler, error) {
	app, err := slipway.NewWith(src, o, carts())
	if err != nil {
		return nil, err
	}
	if err := app.Start(ctx); err != nil {
		return nil, err
	}
	return app.Handler(), nil
}

func settings(more map[string]string) *config.Source {
	return config.New(map[string]string{"SLIPWAY_ENV": "test", "SLIPWAY_NAME": "bench", "SSO_ISSUER": authtest.URL}).With(more)
}

// bare does the work with net/http and encoding/json alone.
func bare() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /carts/{id}", func(w http.ResponseWriter, r *http.Request) {
		id, err := uuid.Parse(r.PathValue("id"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		writeJSON(w, load(id))
	})
	mux.HandleFunc("POST /carts/{id}/items", func(w http.ResponseWriter, r *http.Request) {
		id, err := uuid.Parse(r.PathValue("id"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		var i item
		if err := json.NewDecoder(r.Body).Decode(&i); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		writeJSON(w, add(id, i))
	})
	return mux
}

func writeJSON(w http.ResponseWriter, c cart) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(c); err != nil {
		panic(fmt.Errorf("encode a cart: %w", err))
	}
}
