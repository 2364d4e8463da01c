package ledger

var (
	AppendCommit = appendCommit
	ParseCommit  = parseCommit
)
