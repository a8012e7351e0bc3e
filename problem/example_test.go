package problem_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"

	"github.com/slipway-go/slipway/problem"
)

func ExampleNotFound() {
	err := fmt.Errorf("get cart: %w", problem.NotFound("there is no cart %s", "c7"))
	fmt.Println(problem.Status(err), problem.Code(err), problem.Expected(err))
	// Output: 404 not_found true
}

func ExampleWrite() {
	err := problem.Conflict("the total is now %s", "12.50 EUR").WithCode("total_changed")
	w := httptest.NewRecorder()
	problem.Write(w, err, "4bf92f35")
	fmt.Println(w.Body)
	// Output: {"type":"about:blank","title":"Conflict","status":409,"detail":"the total is now 12.50 EUR","code":"total_changed","trace_id":"4bf92f35"}
}

// What nobody expected says nothing to the client and everything to the log.
func ExampleFrom() {
	p := problem.From(errors.New("connect to 10.0.0.7: password refused"))
	fmt.Println(p.Body("").Detail)
	fmt.Println(p)
	fmt.Println(problem.Status(context.DeadlineExceeded))
	// Output:
	// something went wrong on our side; it has been noted
	// Internal Server Error: connect to 10.0.0.7: password refused
	// 504
}

func ExampleDecode() {
	w := httptest.NewRecorder() // the answer of a neighbour
	problem.Write(w, problem.Unprocessable("see errors").WithField("body.quantity", "must be 1 or more"), "")

	p := problem.Decode(w.Code, w.Header(), w.Body.Bytes())
	fmt.Println(p.Status(), p.Code(), p.Fields())
	// Output: 422 unprocessable [{body.quantity must be 1 or more}]
}
