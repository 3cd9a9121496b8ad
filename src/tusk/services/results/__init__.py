"""What can be asked of a fetched result: order, filters, statistics, comparison."""
