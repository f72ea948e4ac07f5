// Package smpp sends text messages over a line to a carrier: SMPP 3.4, bound as
// transceiver.
//
//	p, err := smpp.New(smpp.Config{…}, smpp.Parts{DB: d, Clock: clk, Log: log})
//	p.Report(service)
//	p.Start()
//	…
//	err = p.Stop(ctx)
//
// A Provider keeps one line. It binds again when the line is lost, with growing
// pauses, asks whether the other end is alive, keeps within the carrier's
// window and messages per second, and hands delivery receipts on. A carrier
// allows only so many binds: processes share its places by rows (sms_bind),
// and one without a place leaves messages to the others (Seat).
//
// What the error of Send says about the message is what failover stands on: see
// judge. A line that is lost before the answer leaves it open.
//
// Everything that waits for time goes by the Clock and happens in Tick, which
// Start calls ten times a second; only waiting for the network itself is real.
// Of the library only the packing of PDUs is used: docs/decisions/0013.
package smpp
