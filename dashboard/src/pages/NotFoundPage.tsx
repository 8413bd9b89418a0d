import { Link } from '../components/Link';
import { Page } from '../components/Page';
import { EmptyState } from '../components/states';

export function NotFoundPage() {
  return (
    <Page title="Page not found">
      <EmptyState title="This page does not exist">
        <Link to={{ page: 'overview' }}>Go to the overview</Link>
      </EmptyState>
    </Page>
  );
}
