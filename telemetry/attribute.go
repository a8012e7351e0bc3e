package telemetry

// The names of attributes that lines of the log and spans share. Those with dots are
// OpenTelemetry's semantic conventions
// (https://opentelemetry.io/docs/specs/semconv/http/http-spans/); the others are our own.
const (
	HTTPRequestMethod      = "http.request.method"       // GET
	HTTPRequestHeader      = "http.request.header"       // a group of those that may be shown
	HTTPRoute              = "http.route"                // /carts/{id}, of a request that is answered
	HTTPResponseStatusCode = "http.response.status_code" // a number
	HTTPResponseBodySize   = "http.response.body.size"   // bytes
	URLPath                = "url.path"                  // /carts/c7
	URLQuery               = "url.query"                 // limit=20, without secrets
	URLTemplate            = "url.template"              // /carts/{id}, of a call to a neighbour
	ClientAddress          = "client.address"            // of whoever opened the connection
	UserID                 = "user.id"                   // of whom the token speaks for; not of services

	MessagingSystem      = "messaging.system"           // slipway: over which broker is the deployment's business
	MessagingOperation   = "messaging.operation.type"   // create, send, receive or process
	MessagingDestination = "messaging.destination.name" // cart.checked_out.v1
	MessagingMessageID   = "messaging.message.id"       // of the event

	Job   = "job"    // its name
	JobID = "job_id" // of the delivery

	Caller     = "caller"      // the service that calls
	Target     = "target"      // the neighbour that is called
	Attempt    = "attempt"     // of a call, from 1 on
	Replayed   = "replayed"    // the answer is an earlier one, to the same Idempotency-Key
	Code       = "code"        // of the problem that the client was told
	Detail     = "detail"      // of the same problem
	DurationMS = "duration_ms" // milliseconds, since lines are read by people
	ErrorText  = "error"       // why it failed
)
