package cart

import (
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/modules/acquiring/acquiringapi"
	"github.com/slipway-go/slipway/modules/cart/cartapi"
	"github.com/slipway-go/slipway/money"
	"github.com/slipway-go/slipway/problem"
)

// A basket is a cart with its rules: what may happen to it, and when. It knows
// neither the database nor any neighbour.
type basket struct {
	ID        uuid.UUID
	Owner     string
	Currency  string
	Status    cartapi.Status
	PaymentID uuid.NullUUID // who has claimed it
	Items     []item
}

// An item is one SKU as the database keeps it.
type item struct {
	SKU      string      `json:"sku"`
	Name     string      `json:"name"`
	Quantity int64       `json:"quantity"`
	Price    money.Money `json:"price"` // of one piece
}

// add puts a quantity of what was quoted into the basket, at that price.
func (b *basket) add(q cartapi.Quotation, quantity int64) error {
	if err := b.mayChange(); err != nil {
		return err
	}
	if q.Price.Currency != b.Currency {
		return problem.Conflict("%s is sold in %s, but this cart is in %s; open another cart for it", q.SKU, q.Price.Currency, b.Currency).
			WithCode(acquiringapi.CodeCurrencyMismatch)
	}
	it, err := b.place(q.SKU)
	if err != nil {
		return err
	}
	if it.Quantity += quantity; it.Quantity > cartapi.MaxQuantity {
		return problem.Unprocessable("that would be %d of %s in all; a cart takes %d", it.Quantity, q.SKU, cartapi.MaxQuantity).
			WithCode("too_many").WithField("body.quantity", fmt.Sprintf("expected at most %d", cartapi.MaxQuantity-it.Quantity+quantity))
	}
	it.Name, it.Price = q.Name, q.Price
	if _, err := b.total(); err != nil {
		return problem.Unprocessable("the cart's total would be too large").WithCode("too_many").Wrap(err)
	}
	return nil
}

// place returns where the SKU lies, or makes room for it.
func (b *basket) place(sku string) (*item, error) {
	if i := slices.IndexFunc(b.Items, func(it item) bool { return it.SKU == sku }); i >= 0 {
		return &b.Items[i], nil
	}
	if len(b.Items) >= cartapi.MaxItems {
		return nil, problem.Unprocessable("a cart takes %d different products", cartapi.MaxItems).WithCode("too_many")
	}
	b.Items = append(b.Items, item{SKU: sku})
	return &b.Items[len(b.Items)-1], nil
}

// remove takes a SKU out.
func (b *basket) remove(sku string) error {
	if err := b.mayChange(); err != nil {
		return err
	}
	b.Items = slices.DeleteFunc(b.Items, func(it item) bool { return it.SKU == sku })
	return nil
}

// outdated reports whether prices or names have changed.
func (b *basket) outdated(quotes []cartapi.Quotation) bool {
	return slices.ContainsFunc(quotes, func(q cartapi.Quotation) bool {
		return slices.ContainsFunc(b.Items, func(it item) bool {
			return it.SKU == q.SKU && (it.Price != q.Price || it.Name != q.Name)
		})
	})
}

// reprice puts new prices on what is in the basket.
func (b *basket) reprice(quotes []cartapi.Quotation) error {
	if b.Status != cartapi.Open {
		return nil // its total was agreed to
	}
	for _, q := range quotes {
		for i := range b.Items {
			if b.Items[i].SKU == q.SKU {
				b.Items[i].Name, b.Items[i].Price = q.Name, q.Price
			}
		}
	}
	if _, err := b.total(); err != nil {
		return problem.Conflict("prices have changed, and those of this cart no longer add up; open a new cart").
			WithCode(acquiringapi.CodeCurrencyMismatch).Wrap(err)
	}
	return nil
}

func (b *basket) mayChange() error {
	switch b.Status {
	case cartapi.Paid:
		return problem.Conflict("this cart has been paid for and is closed; open a new one").WithCode(acquiringapi.CodeAlreadyPaid)
	case cartapi.Paying:
		return problem.Conflict("this cart is being paid for; it can be changed if the payment fails").WithCode(acquiringapi.CodeInProgress)
	case cartapi.Open:
	}
	return nil
}

// claim locks the basket for a payment of exactly its total.
func (b *basket) claim(payment uuid.UUID, amount money.Money) error {
	switch {
	case b.isClaimedBy(payment):
		return nil // asked again
	case b.Status == cartapi.Paid:
		return problem.Conflict("this cart has been paid for").WithCode(acquiringapi.CodeAlreadyPaid)
	case b.Status == cartapi.Paying:
		return problem.Conflict("another payment of this cart is at work").WithCode(acquiringapi.CodeInProgress)
	case len(b.Items) == 0:
		return problem.Conflict("this cart is empty; put something into it first").WithCode("cart_empty")
	}
	total, err := b.total()
	switch {
	case err != nil:
		return err
	case total.Currency != amount.Currency:
		return problem.Conflict("the payment is of %s, but the cart's total is %s: pay in the cart's currency", amount, total).
			WithCode(acquiringapi.CodeCurrencyMismatch)
	case total != amount:
		return problem.Conflict("the payment is of %s, but the cart's total is %s: look at the cart again and pay what it says", amount, total).
			WithCode(acquiringapi.CodeTotalChanged)
	}
	b.Status, b.PaymentID = cartapi.Paying, uuid.NullUUID{UUID: payment, Valid: true}
	return nil
}

// release opens the basket again whose payment has come to nothing. One that has not
// claimed it changes nothing; one that was captured cannot come to nothing any more.
func (b *basket) release(payment uuid.UUID) error {
	switch {
	case !b.isClaimedBy(payment):
	case b.Status == cartapi.Paid:
		return problem.Conflict("this cart has been paid for by this very payment").WithCode(acquiringapi.CodeAlreadyPaid)
	default:
		b.Status, b.PaymentID = cartapi.Open, uuid.NullUUID{}
	}
	return nil
}

// close closes the basket for ever, which its payment has paid for. Any other payment
// cannot have paid for it: that somebody has to look into.
func (b *basket) close(payment uuid.UUID) error {
	if !b.isClaimedBy(payment) {
		return fmt.Errorf("payment %s was captured for cart %s, which it has not claimed", payment, b.ID)
	}
	b.Status = cartapi.Paid
	return nil
}

func (b *basket) isClaimedBy(payment uuid.UUID) bool {
	return b.Status != cartapi.Open && b.PaymentID.UUID == payment
}

func (b *basket) total() (money.Money, error) {
	sum := money.Money{Currency: b.Currency}
	for _, it := range b.Items {
		line, err := it.Price.Mul(it.Quantity)
		if err != nil {
			return sum, fmt.Errorf("total of %s: %w", it.SKU, err)
		}
		if sum, err = sum.Add(line); err != nil {
			return sum, fmt.Errorf("total of the cart: %w", err)
		}
	}
	return sum, nil
}

func (b *basket) skus() []string {
	skus := make([]string, len(b.Items))
	for i, it := range b.Items {
		skus[i] = it.SKU
	}
	return skus
}

// public is the basket as its owner sees it.
func (b *basket) public() (cartapi.Cart, error) {
	c := cartapi.Cart{ID: b.ID, Owner: b.Owner, Status: b.Status, Items: make([]cartapi.Item, len(b.Items))}
	for i, it := range b.Items {
		line, err := it.Price.Mul(it.Quantity)
		if err != nil {
			return c, fmt.Errorf("total of %s: %w", it.SKU, err)
		}
		c.Items[i] = cartapi.Item{SKU: it.SKU, Name: it.Name, Quantity: it.Quantity, UnitPrice: it.Price, Total: line}
	}
	var err error
	c.Total, err = b.total()
	return c, err
}
