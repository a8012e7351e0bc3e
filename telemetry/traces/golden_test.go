package traces_test

// wide is the purchase of the other tests, as a terminal shows it.
const wide = `
POST /acquiring/v1/payments  201  100 ms
trace ab000000000000000000000000000001, began 2026-11-26 17:40:17.123 UTC, 14 spans, all done after 640 ms

    after      took
   0.0 ms    100 ms │████████████████████│  shop-edge  POST /acquiring/v1/payments  201
   5.0 ms   90.0 ms │ ██████████████████ │  └─ shop-acquiring  POST /acquiring/v1/payments  201
  10.0 ms    9.0 ms │  ██                │     ├─ call cart  GET /cart/v1/carts/{id}  200
  12.0 ms    6.0 ms │  █                 │     │  └─ shop-cart  GET /cart/v1/carts/{id}  200
  13.0 ms    2.0 ms │  █                 │     │     └─ sql  SELECT * FROM carts WHERE id = $1
  20.0 ms   40.0 ms │    ████████        │     ├─ call acquirer  POST /charges
                                               │     failed: connection refused
  65.0 ms   15.0 ms │             ███    │     ├─ call acquirer  POST /charges  201  attempt 2
  81.0 ms    1.0 ms │                █   │     ├─ sql  INSERT INTO orders (id, cart, amount) VALUES ($1, $2, $3)
  82.0 ms    3.0 ms │                █   │     ├─ sql  INSERT INTO lines (id) VALUES ($1)  × 3: an N+1?
  85.0 ms    1.0 ms │                 █  │     └─ emit acquiring.captured.v1
   600 ms   40.0 ms │████████████████████│        └─ shop-receipts  job receipts.write  linked to ab000000000000000000000000000007
   610 ms   20.0 ms │     ██████████     │           └─ sql  INSERT INTO receipts (id) VALUES ($1)

Passed  shop-edge                  10.0 ms of its own
        shop-acquiring             22.0 ms of its own
        shop-cart                  4.0 ms of its own
        shop-receipts              20.0 ms of its own
Calls   shop-acquiring → cart      9.0 ms   1 call
        shop-acquiring → acquirer  55.0 ms  2 calls, 1 failed
Events  shop-acquiring                      acquiring.captured.v1
Jobs    shop-receipts              40.0 ms  receipts.write
SQL     6 statements               26.0 ms
        shop-receipts              20.0 ms  × 1           INSERT INTO receipts (id) VALUES ($1)
        shop-acquiring             3.0 ms   × 3: an N+1?  INSERT INTO lines (id) VALUES ($1)
        shop-cart                  2.0 ms   × 1           SELECT * FROM carts WHERE id = $1
        shop-acquiring             1.0 ms   × 1           INSERT INTO orders (id, cart, amount) VALUES ($1, $2, $3)
`

// narrow is its tree in 70 columns.
const narrow = `
    after      took
   0.0 ms    100 ms  shop-edge  POST /acquiring/v1/payments  201
   5.0 ms   90.0 ms  └─ shop-acquiring  POST /acquiring/v1/payme…  201
  10.0 ms    9.0 ms     ├─ call cart  GET /cart/v1/carts/{id}  200
  12.0 ms    6.0 ms     │  └─ shop-cart  GET /cart/v1/carts/{id}  200
  13.0 ms    2.0 ms     │     └─ sql  SELECT … FROM carts WHERE id =…
  20.0 ms   40.0 ms     ├─ call acquirer  POST /charges
                        │     failed: connection refused
  65.0 ms   15.0 ms     ├─ call acquirer  POST /charges  201  attempt 2
  81.0 ms    1.0 ms     ├─ sql  INSERT INTO orders (…) VALUES (…)
  82.0 ms    3.0 ms     ├─ sql  INSERT INTO lines (id)…  × 3: an N+1?
  85.0 ms    1.0 ms     └─ emit acquiring.captured.v1
   600 ms   40.0 ms        └─ shop-receipts  job receipts.write  linked to ab000000000000000000000000000007
   610 ms   20.0 ms           └─ sql  INSERT INTO receipts (id) VALUE…
`
