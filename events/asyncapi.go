package events

import (
	"maps"
	"slices"

	"github.com/danielgtaylor/huma/v2"
)

// The parts of an AsyncAPI document that are used here, in the order in which they
// are written (https://www.asyncapi.com/docs/reference/specification/v3.0.0).
type (
	document struct {
		AsyncAPI           string               `json:"asyncapi"`
		Info               information          `json:"info"`
		DefaultContentType string               `json:"defaultContentType"`
		Servers            map[string]server    `json:"servers"`
		Channels           map[string]channel   `json:"channels"`
		Operations         map[string]operation `json:"operations"`
		Components         components           `json:"components"`
	}
	information struct {
		Title       string `json:"title"`
		Version     string `json:"version"`
		Description string `json:"description,omitempty"`
	}
	server struct {
		Host            string              `json:"host"`
		Protocol        string              `json:"protocol"`
		ProtocolVersion string              `json:"protocolVersion"`
		Description     string              `json:"description"`
		Variables       map[string]variable `json:"variables"`
	}
	variable struct {
		Default     string `json:"default"`
		Description string `json:"description"`
	}
	channel struct {
		Address     string               `json:"address"`
		Title       string               `json:"title"`
		Description string               `json:"description"`
		Messages    map[string]reference `json:"messages"`
		Bindings    channelBindings      `json:"bindings"`
		Producer    string               `json:"x-slipway-producer,omitempty"`
		Consumers   []string             `json:"x-slipway-consumers,omitempty"`
	}
	channelBindings struct {
		AMQP amqpChannel `json:"amqp"`
	}
	amqpChannel struct {
		Is       string        `json:"is"`
		Exchange *amqpExchange `json:"exchange,omitempty"`
		Queue    *amqpQueue    `json:"queue,omitempty"`
		Version  string        `json:"bindingVersion"`
	}
	amqpExchange struct {
		Name       string `json:"name"`
		Type       string `json:"type"`
		Durable    bool   `json:"durable"`
		AutoDelete bool   `json:"autoDelete"`
	}
	amqpQueue struct {
		Name       string `json:"name"`
		Durable    bool   `json:"durable"`
		Exclusive  bool   `json:"exclusive"`
		AutoDelete bool   `json:"autoDelete"`
	}
	operation struct {
		Action   string            `json:"action"`
		Channel  reference         `json:"channel"`
		Summary  string            `json:"summary"`
		Messages []reference       `json:"messages"`
		Bindings operationBindings `json:"bindings"`
	}
	operationBindings struct {
		AMQP amqpOperation `json:"amqp"`
	}
	amqpOperation struct {
		DeliveryMode int    `json:"deliveryMode,omitempty"`
		Mandatory    bool   `json:"mandatory,omitempty"`
		Ack          bool   `json:"ack,omitempty"`
		Version      string `json:"bindingVersion"`
	}
	components struct {
		Messages map[string]message      `json:"messages"`
		Schemas  map[string]*huma.Schema `json:"schemas"`
	}
	message struct {
		Name        string       `json:"name"`
		Title       string       `json:"title"`
		Summary     string       `json:"summary"`
		ContentType string       `json:"contentType"`
		Headers     *huma.Schema `json:"headers"`
		Payload     *huma.Schema `json:"payload"`
	}
	reference struct {
		Ref string `json:"$ref"`
	}
)

// The names in RabbitMQ, which events/rabbitmq declares, and the version of
// AsyncAPI's AMQP bindings.
const (
	exchange        = "events"
	queuePrefix     = "svc."
	bindingsVersion = "0.3.0"
	persistent      = 2
	jsonType        = "application/json"
)

func newDocument(info Info) *document {
	return &document{
		AsyncAPI:           "3.0.0",
		Info:               information(info),
		DefaultContentType: jsonType,
		Servers: map[string]server{"rabbitmq": {
			Host: "{broker}", Protocol: "amqp", ProtocolVersion: "0.9.1",
			Description: "Where AMQP_URL points. A product that runs as one process needs no broker: its events are handed over inside it, after the same rules.",
			Variables:   map[string]variable{"broker": {Default: "127.0.0.1:5672", Description: "The host and the port of AMQP_URL."}},
		}},
		Channels:   map[string]channel{},
		Operations: map[string]operation{},
		Components: components{Messages: map[string]message{}},
	}
}

// add describes an event: the channel that its producer sends to, and the queue of
// each module that wants it.
func (d *document) add(c Channel, payload *huma.Schema) {
	topic, inMessages := c.Topic(), reference{"#/components/messages/" + c.Topic()}
	consumers := slices.Compact(slices.Sorted(slices.Values(c.Consumers)))
	d.Components.Messages[topic] = message{
		Name: topic, Title: c.Type(), Summary: c.Doc(), ContentType: jsonType,
		Headers: headers(c.Definition), Payload: payload,
	}
	d.Channels[topic] = channel{
		Address: topic, Title: c.Type(), Description: c.Doc(), Producer: c.Module(), Consumers: consumers,
		Messages: map[string]reference{topic: inMessages},
		Bindings: channelBindings{amqpChannel{Is: "routingKey", Exchange: &amqpExchange{Name: exchange, Type: "topic", Durable: true}, Version: bindingsVersion}},
	}
	d.Operations[c.Module()+".send."+topic] = operation{
		Action: "send", Channel: reference{"#/channels/" + topic}, Summary: c.Module() + " emits " + topic + ".",
		Messages: []reference{{"#/channels/" + topic + "/messages/" + topic}},
		Bindings: operationBindings{amqpOperation{DeliveryMode: persistent, Mandatory: true, Version: bindingsVersion}},
	}
	for _, module := range consumers {
		d.receive(module, topic, inMessages)
	}
}

func (d *document) receive(module, topic string, inMessages reference) {
	queue := queuePrefix + module
	ch, ok := d.Channels[queue]
	if !ok {
		ch = channel{
			Address: queue, Title: "What " + module + " subscribes to", Messages: map[string]reference{},
			Description: "The queue of the module " + module + ": all its processes share it, and every event arrives at least once.",
			Bindings:    channelBindings{amqpChannel{Is: "queue", Queue: &amqpQueue{Name: queue, Durable: true}, Version: bindingsVersion}},
		}
	}
	ch.Messages = maps.Clone(ch.Messages)
	ch.Messages[topic] = inMessages
	d.Channels[queue] = ch
	d.Operations[module+".receive."+topic] = operation{
		Action: "receive", Channel: reference{"#/channels/" + queue}, Summary: module + " subscribes to " + topic + ".",
		Messages: []reference{{"#/channels/" + queue + "/messages/" + topic}},
		Bindings: operationBindings{amqpOperation{Ack: true, Version: bindingsVersion}},
	}
}
