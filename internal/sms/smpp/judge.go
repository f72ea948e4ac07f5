package smpp

import (
	"errors"
	"fmt"

	"github.com/linxGnu/gosmpp/data"

	"motcua/internal/sms"
)

var (
	errNoLine   = errors.New("not bound")
	errFull     = errors.New("window or throughput is used up")
	errLost     = errors.New("the line was lost before the answer")
	errNoAnswer = errors.New("no answer in time")
)

// judge says what an answer means for the message. Any status but zero is the
// carrier's word that it has not taken it (SMPP 3.4 §4.4.2); what differs is
// whether it lies at the message, at the moment or at the carrier.
func judge(status data.CommandStatusType) error {
	err := fmt.Errorf("status 0x%08X", uint32(status))
	switch status {
	case data.ESME_ROK:
		return nil
	case data.ESME_RTHROTTLED, data.ESME_RMSGQFUL, data.ESME_RSUBMITFAIL:
		return sms.Busy(err)
	case data.ESME_RSYSERR, data.ESME_RINVBNDSTS, data.ESME_RINVCMDID, data.ESME_RUNKNOWNERR:
		return sms.NotTaken(err)
	}
	// A number or text that the carrier does not want, no credit, a sender
	// that is not registered, and what carriers number themselves.
	return sms.Permanent(err)
}

// throttled tells that the carrier asks to slow down.
func throttled(status data.CommandStatusType) bool {
	return status == data.ESME_RTHROTTLED || status == data.ESME_RMSGQFUL
}
