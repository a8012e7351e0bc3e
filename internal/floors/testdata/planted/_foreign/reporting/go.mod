module example.org/reporting
