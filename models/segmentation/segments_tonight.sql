{{ segments_side_by_side(['customer_id'], 'is_tonight') }}
