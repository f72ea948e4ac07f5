package office

import "motcua/internal/identity"

// What identity's codes are called on pages. The keys stand here whole, so that
// the catalogue's test finds them.
var (
	lockWords = map[identity.LockReason]string{
		identity.LockOwner: "office.identity.lock.owner_asked", identity.LockMisuse: "office.identity.lock.misuse",
		identity.LockData: "office.identity.lock.wrong_data", identity.LockDeath: "office.identity.lock.death", identity.LockService: "office.identity.lock.other",
	}
	checkWords = map[identity.Check]string{
		identity.CheckCard: "office.identity.check.card", identity.CheckChip: "office.identity.check.chip", identity.CheckOther: "office.identity.check.paper",
	}
	kindWords = map[identity.RequestKind]string{
		identity.RequestCreate: "office.identity.kind.create", identity.RequestLevel: "office.identity.kind.level",
		identity.RequestPhone: "office.identity.kind.phone", identity.RequestNumber: "office.identity.kind.number",
	}
	sexWords    = map[string]string{"male": "office.identity.sex.male", "female": "office.identity.sex.female"}
	columnWords = map[identity.Column]string{
		identity.ColumnNumber: "office.import.column.number", identity.ColumnName: "office.import.column.name", identity.ColumnBirth: "office.import.column.birth",
		identity.ColumnSex: "office.import.column.sex", identity.ColumnPhone: "office.import.column.phone",
	}
	outcomeWords = map[identity.RowOutcome]string{
		identity.RowWritten: "office.import.outcome.written", identity.RowTaken: "office.import.outcome.taken", identity.RowSkipped: "office.import.outcome.skipped",
	}
	cellWords = map[identity.SheetCode]string{
		identity.SheetEmpty: "office.import.cell.empty", identity.SheetLength: "office.import.cell.length", identity.SheetOldCard: "office.import.cell.old_card",
		identity.SheetRounded: "office.import.cell.rounded", identity.SheetTwice: "office.import.cell.twice", identity.SheetTaken: "office.import.cell.taken",
		identity.SheetOwn: "office.import.cell.own", identity.SheetName: "office.import.cell.name", identity.SheetDate: "office.import.cell.date",
		identity.SheetSex: "office.import.cell.sex", identity.SheetPhone: "office.import.cell.phone", identity.SheetZero: "office.import.cell.zero",
		identity.SheetTCVN3: "office.import.cell.tcvn3", identity.SheetVNI: "office.import.cell.vni", identity.SheetSerial: "office.import.cell.serial",
		identity.SheetDisagrees: "office.import.cell.disagrees",
	}
)
