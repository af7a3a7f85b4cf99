{{ judge('service_contacts') }}
