"""The demonstration: invented people and a season laid around today. Refused wherever settings.DEMO is not on."""
