{{ judge('marketing_touches') }}
