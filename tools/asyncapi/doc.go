// Package asyncapi checks the descriptions of events in the repository against the
// JSON Schema that AsyncAPI publishes. It stands in the tools, so that neither the
// validator nor the schema is a dependency of whoever uses the kit.
package asyncapi
