{{ judge('fx_rates') }}
