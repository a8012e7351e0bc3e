package auth

import (
	"errors"
	"time"
)

func refuseUndeclared(a Access) error           { return a.Valid() }
func refuseMissing() error                      { return errors.New("missing token") }
func refuseAudience(audience []string) error    { return errors.New("audience") }
func refuseEdge(r *rule) error                  { return errors.New("wrong caller") }
func refuseCaller(r *rule, caller string) error { return errors.New("wrong caller") }
func refuseScope(missing []Permission) error    { return errors.New("insufficient scope") }
func refuseStale(d time.Duration) error         { return errors.New("stale") }
func refuseOwner() error                        { return errors.New("not found") }
