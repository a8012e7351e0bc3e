package blobtest

import (
	"slices"
	"testing"

	"github.com/slipway-go/slipway/blob"
)

// TestStore proves that the stores of open, which are empty, keep the contract of [blob.Store];
// but for the sentences that the server behind a store is known not to keep, whose names follow.
// Whoever gives one says why.
func TestStore(t *testing.T, open func(t *testing.T) blob.Store, but ...string) {
	t.Helper()
	for _, sentence := range []struct {
		name string
		test func(w *world)
	}{
		{"RefusesHostileKeys", refusesHostileKeys},
		{"RefusesHostilePrefixes", refusesHostilePrefixes},
		{"DoesNothingWhenItsContextIsDone", doesNothingWhenItsContextIsDone},
		{"KeepsWhatWasThereWhenTheContentFails", keepsWhatWasThereWhenTheContentFails},
		{"KeepsWhatWasThereWhenTheContextEndsInTheMiddle", keepsWhatWasThereWhenTheContextEnds},
		{"RefusesWhatIsLongerThanTheLimit", refusesWhatIsLongerThanTheLimit},
		{"StopsReadingAnEndlessContent", stopsReadingAnEndlessContent},
		{"TellsWhatIsNotThere", tellsWhatIsNotThere},
		{"RefusesToCopyWhatIsNotThere", refusesToCopyWhatIsNotThere},
		{"WritesWhatItIsGiven", writesWhatItIsGiven},
		{"TakesEveryGoodKey", takesEveryGoodKey},
		{"ReplacesAnObject", replacesAnObject},
		{"ReadsFromAnywhere", readsFromAnywhere},
		{"ReadsAtSeveralPlacesAtOnce", readsAtSeveralPlacesAtOnce},
		{"ReadsNoMoreWhenItsContextIsDone", readsNoMoreWhenItsContextIsDone},
		{"ReadsOneObjectWhileItIsReplaced", readsOneObjectWhileItIsReplaced},
		{"CopiesAnObject", copiesAnObject},
		{"CopiesAnObjectOverAnother", copiesAnObjectOverAnother},
		{"KeepsACopyApartFromItsOrigin", keepsACopyApart},
		{"DeletesOneObjectOnly", deletesOneObjectOnly},
		{"ListsNothing", listsNothing},
		{"ListsInTheOrderOfKeys", listsInTheOrderOfKeys},
		{"ListsByPrefix", listsByPrefix},
		{"ListsFromBehindAKey", listsFromBehindAKey},
		{"ListsThousands", listsThousands},
		{"HasAnObjectWholeOrNot", hasAnObjectWholeOrNot},
		{"LosesNoObjectToADeletionBesideIt", losesNoObjectToADeletionBesideIt},

		{"RefusesToSignWhatHasNoBounds", refusesToSignWhatHasNoBounds},
		{"RefusesASignedAddressWithAChangedBit", refusesAnAddressWithAChangedBit},
		{"RefusesASignedAddressForAnotherKey", refusesAnAddressForAnotherKey},
		{"RefusesASignedAddressWithAnotherMethod", refusesAnAddressWithAnotherMethod},
		{"RefusesASignedAddressThatHasExpired", refusesAnAddressThatHasExpired},
		{"TellsThatNothingIsAtASignedAddress", tellsThatNothingIsAtAnAddress},
		{"LetsNoNameIntoAnotherHeader", letsNoNameIntoAnotherHeader},
		{"ServesASignedAddress", servesAnAddress},
		{"ServesARangeOfASignedAddress", servesARangeOfAnAddress},

		{"RefusesAFormWithAChangedBit", refusesAFormWithAChangedBit},
		{"RefusesAFormForAnotherKey", refusesAFormForAnotherKey},
		{"RefusesAFormThatLacksAField", refusesAFormThatLacksAField},
		{"RefusesAFormWhoseFileComesFirst", refusesAFormWhoseFileComesFirst},
		{"RefusesAFormThatHasExpired", refusesAFormThatHasExpired},
		{"RefusesAFormsContentThatIsTooLarge", refusesAContentThatIsTooLarge},
		{"RefusesAFormsContentThatIsTooSmall", refusesAContentThatIsTooSmall},
		{"RefusesAGigabyteDeclaredAsTenBytes", refusesAGigabyteDeclaredAsTenBytes},
		{"KeepsNothingOfAFormThatIsCutOff", keepsNothingOfAFormThatIsCutOff},
		{"TakesAFormInAnyOrderOfFields", takesAFormInAnyOrder},
		{"TakesAFormAgainUntilItExpires", takesAFormAgain},
	} {
		t.Run(sentence.name, func(t *testing.T) {
			t.Parallel()
			if slices.Contains(but, sentence.name) {
				t.Skip("the server behind this store does not keep it")
			}
			sentence.test(newWorld(t, open(t)))
		})
	}
}
