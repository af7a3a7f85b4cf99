{{ judge('surveys') }}
