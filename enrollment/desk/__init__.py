"""What the front desk looks at: people, families, its day."""
