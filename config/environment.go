package config

// An Environment says what kind of place the process runs in.
type Environment string

// The environments, values of SLIPWAY_ENV.
const (
	Development Environment = "development" // the default
	Test        Environment = "test"
	Production  Environment = "production" // starts nothing privately and makes up no credential
)

const (
	environmentVariable = "SLIPWAY_ENV"
	environmentExpected = "development, test or production"
	environmentDoc      = "What kind of place the process runs in. In production nothing is started privately, no credential is made up, and no file .env is read."
)

// environmentOf reads SLIPWAY_ENV. What is none of the three counts as the
// strictest of them, and is a problem.
func environmentOf(given string) (Environment, *Problem) {
	switch e := Environment(given); e {
	case "":
		return Development, nil
	case Development, Test, Production:
		return e, nil
	}
	return Production, &Problem{
		Variable: environmentVariable,
		Given:    shown(given),
		Expected: environmentExpected,
		Fix:      didYouMean(given, []string{string(Development), string(Test), string(Production)}),
	}
}
