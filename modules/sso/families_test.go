package sso

import (
	"slices"
	"testing"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/modules/sso/internal/session"
)

func TestFamilies_NameNoClientTwice(t *testing.T) {
	t.Parallel()
	login := session.Session{ID: uuid.New(), Client: "slipway"}
	all := []session.Session{login}
	for _, client := range []string{"web", "app", "web"} {
		all = append(all, session.Session{ID: uuid.New(), Parent: login.ID, Client: client})
	}
	listed := families(all, all[3].ID)
	if len(listed) != 1 || !listed[0].Current || !slices.Equal(listed[0].Clients, []string{"slipway", "web", "app"}) {
		t.Errorf("families() = %+v, want one session that is the current one, of slipway, web and app", listed)
	}
}
