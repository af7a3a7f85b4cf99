{{ segments_side_by_side(['customer_id', 'as_of_date as month_end'], 'is_month_end') }}
