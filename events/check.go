package events

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/danielgtaylor/huma/v2"
)

// Check says where data, which is JSON, does not fit what the event's description says
// of it: tests hold producers to it. Fields that it does not know are fine.
func (d *Definition) Check(data []byte) error {
	shapes := shapes{}
	schema, err := shapes.payload(d)
	if err != nil {
		return err
	}
	shapes.all() // unseals them
	var v any
	if err := json.Unmarshal(data, &v); err != nil {
		return fmt.Errorf("the data of %s is no JSON: %w", d.Topic(), err)
	}
	result := &huma.ValidateResult{}
	huma.Validate(shapes.registry(d.module), schema, huma.NewPathBuffer([]byte("data"), len("data")), huma.ModeReadFromServer, v, result)
	return errors.Join(result.Errors...)
}
