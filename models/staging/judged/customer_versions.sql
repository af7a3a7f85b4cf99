{{ versions_of('customers') }}
