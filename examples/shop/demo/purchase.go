package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/slipway-go/slipway/examples/shop/catalog/catalogapi"
	"github.com/slipway-go/slipway/examples/shop/receipts/receiptsapi"
	"github.com/slipway-go/slipway/modules/acquiring/acquiringapi"
	"github.com/slipway-go/slipway/modules/cart/cartapi"
	"github.com/slipway-go/slipway/modules/sso/ssoapi"
	"github.com/slipway-go/slipway/problem"
)

// purchase is the whole way from the shop window to a receipt.
func purchase(ctx context.Context, s *shop) error {
	for _, part := range []func(context.Context, *shop) error{arrive, photograph, signIn, fill, pay, closed, receipt, payAgain} {
		if err := part(ctx, s); err != nil {
			return err
		}
	}
	s.say("\nBought. Everything above is described at %s/docs/, to be tried by hand.", s.address)
	return nil
}

func arrive(ctx context.Context, s *shop) error {
	var products catalogapi.Products
	s.step("Look into the shop window; nobody has to sign in for that.")
	if err := s.get(ctx, "/products", &products); err != nil {
		return err
	}
	if len(products.Products) == 0 {
		return errors.New("the shop sells nothing: are its migrations applied?")
	}
	return nil
}

func signIn(ctx context.Context, s *shop) error {
	who := ssoapi.Registration{Email: "demo-" + strings.ToLower(rand.Text()[:8]) + "@example.com", Password: rand.Text(), Name: "Ada"}
	s.step("Open an account.")
	if err := s.post(ctx, "/sso/v1/registrations", who, http.StatusCreated, nil); err != nil {
		return err
	}
	var tokens ssoapi.Tokens
	s.step("Log in. The access token goes along with every request from here on.")
	err := s.post(ctx, "/sso/v1/login", ssoapi.Credentials{Email: who.Email, Password: who.Password}, http.StatusOK, &tokens)
	s.token = tokens.AccessToken
	return err
}

func fill(ctx context.Context, s *shop) error {
	s.step("Open a cart.")
	if err := s.post(ctx, "/carts", cartapi.NewCart{}, http.StatusCreated, &s.cart); err != nil {
		return err
	}
	s.step("Put two mugs into it. The cart asks the catalog for the price.")
	if err := s.post(ctx, s.cartPath()+"/items", cartapi.NewItem{SKU: "mug-blue", Quantity: 2}, http.StatusOK, &s.cart); err != nil {
		return err
	}
	s.step("And tea. The total comes to what is to be paid.")
	return s.post(ctx, s.cartPath()+"/items", cartapi.NewItem{SKU: "tea-assam", Quantity: 1}, http.StatusOK, &s.cart)
}

const testCard = "4242424242424242"

func pay(ctx context.Context, s *shop) error {
	order := acquiringapi.Order{CartID: s.cart.ID, Amount: s.cart.Total, Card: testCard}
	s.key = rand.Text()
	var first, second acquiringapi.Payment
	s.step(fmt.Sprintf("Pay %s with the test card, under an Idempotency-Key.", s.cart.Total))
	if err := s.post(ctx, "/payments", order, http.StatusCreated, &first); err != nil {
		return err
	}
	s.step("Suppose the answer was lost. The same request with the same key charges nothing; it gets the same answer.")
	if err := s.post(ctx, "/payments", order, http.StatusCreated, &second); err != nil {
		return err
	}
	if first != second {
		return fmt.Errorf("the second answer is another payment (%s) than the first (%s)", second.ID, first.ID)
	}
	s.key, s.payment = "", first
	return nil
}

// closed looks at what a job of the cart does with the event of the payment.
func closed(ctx context.Context, s *shop) error {
	s.step("The payment was broadcast as an event. A job of the cart closes the cart.")
	err := s.soon(ctx, s.cartPath(), &s.cart, func() bool { return s.cart.Status == cartapi.Paid })
	if err != nil {
		return fmt.Errorf("the cart is %s, expected %s: %w", s.cart.Status, cartapi.Paid, err)
	}
	return nil
}

// receipt looks at what a job of the receipts does with the same event.
func receipt(ctx context.Context, s *shop) error {
	var written receiptsapi.Receipts
	s.step("A job of the receipts has heard of the same event. Neither knows the other, and acquiring knows none of them.")
	if err := s.soon(ctx, "/receipts", &written, func() bool { return len(written.Receipts) > 0 }); err != nil {
		return fmt.Errorf("there is no receipt: %w", err)
	}
	if got := written.Receipts; len(got) != 1 || got[0].PaymentID != s.payment.ID {
		return fmt.Errorf("the receipts are %+v, expected one of payment %s", got, s.payment.ID)
	}
	return nil
}

func payAgain(ctx context.Context, s *shop) error {
	order := acquiringapi.Order{CartID: s.cart.ID, Amount: s.cart.Total, Card: testCard}
	s.key = rand.Text()
	var refusal problem.Body
	s.step("Pay once more, under a new key: a paid cart cannot be paid again.")
	if err := s.post(ctx, "/payments", order, http.StatusConflict, &refusal); err != nil {
		return err
	}
	if refusal.Code != acquiringapi.CodeAlreadyPaid {
		return fmt.Errorf("the refusal's code is %q, expected %q", refusal.Code, acquiringapi.CodeAlreadyPaid)
	}
	return nil
}
